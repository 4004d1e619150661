"""The demo: a synthetic clinic with twelve synthetic patients, made through the same actions as a real one.

``posology demo`` keeps it in a file of its own. It makes the clinic anew on each new day, so that the
board is always today's, and it never writes to any other database.
"""


def run(*, host: str, port: int, reset: bool) -> int:
    """Bring up the synthetic clinic and serve it until it is stopped."""
    from posology.server.demo.running import bring_up  # needs Django's apps; the place of the demo does not

    return bring_up(host=host, port=port, reset=reset)
