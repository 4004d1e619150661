"""The session without a network: the heartbeat, the page that stands in, the door of the device's queue."""
