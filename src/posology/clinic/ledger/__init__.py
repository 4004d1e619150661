"""The ledger of the controlled drug: what people write into it, and what it tells beside the sessions."""
