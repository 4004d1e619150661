"""Times of engines that are not run here, as they were measured elsewhere, 2 cores with AVX-512.

Warm, in process, median of at least five, on the same patients. They stand beside our figures so that a
reader can place them; no verdict is drawn from them.
"""

from collections.abc import Mapping
from types import MappingProxyType

WHERE = "measured elsewhere, November 2026: 2 cores (AVX-512), 24 GiB, Debian 12"

MEASURED_ELSEWHERE: Mapping[tuple[str, int], Mapping[str, str]] = MappingProxyType(
    {
        ("W1", 1_000): {
            "mrgsolve 2.0.2": "82 ms",
            "rxode2 5.1.6, 2 threads": "74–156 ms",
            "PKPDsim 1.5.0": "8.7 s",
            "diffrax (JAX)": "66 ms",
            "libroadrunner / odeint": "0.66 / 0.72 s",
            "prototype, NumPy": "3.7 ms",
            "prototype, C, 1 / 2 threads": "1.9 / 1.5 ms",
        },
        ("W1", 100_000): {
            "mrgsolve 2.0.2": "8.5 s",
            "rxode2 5.1.6, 2 threads": "13.4 s",
            "diffrax (JAX)": "7.4 s",
            "prototype, NumPy": "130 ms (104 ms into a reused buffer)",
            "prototype, C, 1 / 2 threads": "45 / 25 ms (25 / 17 reused)",
        },
        ("W2", 10_000): {
            "mrgsolve 2.0.2": "5.2 s (2.9 s on 2 processes)",
            "rxode2 5.1.6, 2 threads": "8.2 s",
            "diffrax (JAX)": "13.9 s",
            "libroadrunner / odeint": "29 / 87 s",
            "prototype, NumPy": "48 ms",
            "prototype, C, 1 / 2 threads": "17 / 10 ms",
        },
        ("W3", 1_000): {
            "mrgsolve 2.0.2": "83 ms",
            "rxode2 5.1.6, 2 threads": "79 ms",
            "PKPDsim 1.5.0": "8.1 s",
            "diffrax (JAX)": "90 ms",
            "libroadrunner / odeint": "0.64 / 0.62 s",
            "prototype, NumPy": "3.7 ms",
            "prototype, C, 1 thread": "1.8 ms",
        },
        ("W4", 1_000_000): {
            "mrgsolve 2.0.2, 2 processes": "67 s",
            "rxode2 5.1.6, 2 threads": "about 108 s",
            "prototype, NumPy": "1.08 s",
            "prototype, C, 1 / 2 threads": "0.26 / 0.13 s",
        },
    }
)
