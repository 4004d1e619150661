"""A page that shows every component in every state, so that each can be looked at and checked by itself."""
