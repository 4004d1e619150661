"""The board: what is due in which chair, readable from three metres, without names."""
