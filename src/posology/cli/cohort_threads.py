"""One thread a process for libraries of linear algebra, since the cores are shared out by pieces.

They read it when they are loaded, so nothing that loads them is imported here.
"""

import os

_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def pin_threads() -> None:
    """Keep this process, and those that it starts, to one thread each."""
    for name in _LIMITS:
        os.environ[name] = "1"
