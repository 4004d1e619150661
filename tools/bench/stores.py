"""How fast this machine stores numbers at all: the floor under any engine that keeps its curves."""

import time
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Stores:
    """Seconds to fill as much memory as a workload keeps, the best of a few rounds."""

    fresh: float  # memory that the process has just been given
    reused: float  # memory that has been written before
    copied: float  # the same, copied from a row that stays in the cache

    def gigabytes_a_second(self, seconds: float, bytes_: int) -> float:
        return bytes_ / seconds / 1e9


def stores(rows: int, members: int, tables: int, rounds: int = 5) -> Stores:
    """Fill ``tables`` tables of ``rows`` × ``members`` doubles, row after row."""
    kept = [np.zeros((rows, members)) for _ in range(tables)]
    source = np.linspace(0.0, 1.0, members)
    fresh, reused, copied = [], [], []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(tables):
            np.empty((rows, members)).fill(1.0)
        fresh.append(time.perf_counter() - began)
        began = time.perf_counter()
        for table in kept:
            table.fill(2.0)
        reused.append(time.perf_counter() - began)
        began = time.perf_counter()
        for table in kept:
            for row in table:
                np.copyto(row, source)
        copied.append(time.perf_counter() - began)
    return Stores(min(fresh), min(reused), min(copied))
