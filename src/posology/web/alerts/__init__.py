"""How often each rule stood in the way of a decision, how often it was overridden, and why."""
