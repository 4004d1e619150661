"""Bedside monitors: which stands at which chair, whose session it is joined to, and all that they sent."""
