"""How many cases each proof of a hazard is tried on for the published figures; CI tries fewer.

Each number is read from the environment by the test that it names; ``make faults ARGS=--published`` sets
them all, and those who want one figure set one. What came of them stands in docs/proofs.md.
"""

from collections.abc import Mapping

PUBLISHED: Mapping[str, str] = {
    "POSOLOGY_RACES": "1000",  # H-26: pairs of people who act at once, for each of four races
    "POSOLOGY_SESSIONS": "100",  # H-34: sessions that are written while the process is killed …
    "POSOLOGY_PACE_S": "1",  # … with a reading of each in each second
    "POSOLOGY_KILLS": "120",
    "POSOLOGY_SERVER_KILLS": "120",
    "POSOLOGY_CRASHES": "12",
    "POSOLOGY_POWER_CUTS": "10000",  # H-35
    "POSOLOGY_WRITER_MINUTES": "10",  # H-36: writers beside checkpoints
    "POSOLOGY_HIDDEN_MINUTES": "8",  # H-37: as long as the browser's own slowest timers need
    "POSOLOGY_ARRIVALS": "100000",  # H-45: orders in which a session's events arrive
    "POSOLOGY_SCHEDULES": "10000",  # H-47: ways in which the network breaks
}


def published(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with the published numbers; one that is set there already stands."""
    return {**PUBLISHED, **environment}
