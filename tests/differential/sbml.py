"""Hand the same system to libroadrunner, as SBML text.

Every coefficient is a parameter of the model, so that another patient is other numbers and not another
text; every input is a pair of events. What a model starts with is written as its state at the start.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import roadrunner

from tests.differential.oracle import Input, entries, reached, spread

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="system">'
)
MATHS = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
NOW = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'


def coefficient(row: str, column: str) -> str:
    return f"k_{row}_{column}"


def parameter(name: str, value: float) -> str:
    return f'<parameter id="{name}" value="{value!r}" constant="false"/>'


def event(number: int, target: str) -> str:
    """Return what adds ``by_`` to a state or a rate, at ``at_``."""
    return (
        f'<event id="e{number}" useValuesFromTriggerTime="false"><trigger initialValue="false" '
        f'persistent="true">{MATHS}<apply><geq/>{NOW}<ci>at_{number}</ci></apply></math></trigger>'
        f'<listOfEventAssignments><eventAssignment variable="{target}">{MATHS}<apply><plus/><ci>{target}</ci>'
        f"<ci>by_{number}</ci></apply></math></eventAssignment></listOfEventAssignments></event>"
    )


def rate_rule(row: str, columns: Sequence[str]) -> str:
    terms = "".join(f"<apply><times/><ci>{coefficient(row, c)}</ci><ci>{c}</ci></apply>" for c in columns)
    return (
        f'<rateRule variable="{row}">{MATHS}<apply><plus/><ci>u_{row}</ci>{terms}</apply></math></rateRule>'
    )


@dataclass(frozen=True)
class System:
    """One patient and what is given, in the words of the model: a text and the numbers that go with it."""

    names: tuple[str, ...]
    numbers: dict[str, float]  # states at the start, rates at the start, coefficients, events
    targets: tuple[str, ...]  # of the events, in order

    @property
    def text(self) -> str:
        """The SBML; patients who are given the same things at other numbers have the same text."""
        rules = [
            rate_rule(row, [c for c in self.names if coefficient(row, c) in self.numbers])
            for row in self.names
        ]
        events = [event(i, target) for i, target in enumerate(self.targets)]
        return "".join(
            [
                HEAD,
                "<listOfParameters>",
                *(parameter(name, value) for name, value in self.numbers.items()),
                "</listOfParameters><listOfRules>",
                *rules,
                "</listOfRules>",
                *(["<listOfEvents>", *events, "</listOfEvents>"] if events else []),
                "</model></sbml>",
            ]
        )


def system(structure: str, p: Mapping[str, float], inputs: Sequence[Input]) -> System:
    """Return one patient's system; no input starts before 0 h."""
    a = entries(structure, {name: float(value) for name, value in p.items()})
    names = reached(a, inputs)
    numbers = dict.fromkeys(names, 0.0) | {f"u_{name}": 0.0 for name in names}
    changes: list[tuple[float, str, float]] = []

    def put(moment: float, target: str, amount: float) -> None:
        if moment == 0:
            numbers[target] += amount
        else:
            changes.append((moment, target, amount))

    for one in inputs:
        if one.end_h is None:
            put(one.start_h, one.state, one.amount_mg)
            continue
        rate = one.amount_mg / (one.end_h - one.start_h)
        put(one.start_h, f"u_{one.state}", rate)
        put(one.end_h, f"u_{one.state}", -rate)
    numbers |= {coefficient(r, c): float(k) for (r, c), k in a.items() if r in names and c in names}
    for i, (moment, _, amount) in enumerate(changes):
        numbers |= {f"at_{i}": moment, f"by_{i}": amount}
    return System(names, numbers, tuple(target for _, target, _ in changes))


def loaded(one: System, rtol: float, atol: float) -> roadrunner.RoadRunner:
    """Return libroadrunner with the model compiled."""
    runner = roadrunner.RoadRunner(one.text)
    runner.setIntegrator("cvode")
    runner.integrator.relative_tolerance = rtol
    runner.integrator.absolute_tolerance = atol
    runner.integrator.maximum_num_steps = 1_000_000
    runner.timeCourseSelections = ["time", *one.names]
    return runner


def simulated(
    structure: str,
    p: Mapping[str, float],
    inputs: Sequence[Input],
    times_h: Sequence[float],
    rtol: float = 1e-11,
) -> np.ndarray:
    """Return all states at ``times_h`` (rising, from 0) from libroadrunner, shape (n_times, 23)."""
    one = system(structure, p, inputs)
    runner = loaded(one, rtol, 1e-14)
    wanted = sorted({0.0, *map(float, times_h)})
    found = np.asarray(runner.simulate(times=wanted))
    rows = [int(np.searchsorted(found[:, 0], t)) for t in times_h]
    return spread(one.names, found[rows, 1:])
