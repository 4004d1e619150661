"""Hand the same system to libroadrunner, as SBML text.

Every coefficient is a parameter of the model, so that another patient is other numbers and not another
text; every input is a pair of events. What a model starts with is written as its state at the start.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import roadrunner

from tests.differential.oracle import Entries, Input, entries, reached, spread

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="system">'
)
MATHS = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
NOW = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'


def coefficient(row: str, column: str) -> str:
    return f"k_{row}_{column}"


def parameter(name: str, value: float, constant: bool) -> str:
    return f'<parameter id="{name}" value="{value!r}" constant="{str(constant).lower()}"/>'


def plus(name: str, amount: float) -> str:
    return f"{MATHS}<apply><plus/><ci>{name}</ci><cn>{amount!r}</cn></apply></math>"


def event(number: int, moment: float, name: str, amount: float) -> str:
    return (
        f'<event id="e{number}" useValuesFromTriggerTime="false">'
        '<trigger initialValue="false" persistent="true">'
        f"{MATHS}<apply><geq/>{NOW}<cn>{moment!r}</cn></apply></math></trigger>"
        f'<listOfEventAssignments><eventAssignment variable="{name}">{plus(name, amount)}'
        "</eventAssignment></listOfEventAssignments></event>"
    )


def rate_rule(row: str, columns: Sequence[str]) -> str:
    terms = "".join(f"<apply><times/><ci>{coefficient(row, c)}</ci><ci>{c}</ci></apply>" for c in columns)
    return (
        f'<rateRule variable="{row}">{MATHS}<apply><plus/><ci>u_{row}</ci>{terms}</apply></math></rateRule>'
    )


def text(a: Entries, names: Sequence[str], inputs: Sequence[Input]) -> str:
    """Return the model as SBML; every input starts at 0 h or later."""
    start = dict.fromkeys(names, 0.0)
    rates = dict.fromkeys(names, 0.0)
    events = []
    for one in inputs:
        if one.end_h is None:
            if one.start_h == 0:
                start[one.state] += one.amount_mg
            else:
                events.append((one.start_h, one.state, one.amount_mg))
            continue
        rate = one.amount_mg / (one.end_h - one.start_h)
        if one.start_h == 0:
            rates[one.state] += rate
        else:
            events.append((one.start_h, f"u_{one.state}", rate))
        events.append((one.end_h, f"u_{one.state}", -rate))
    terms = {row: [c for c in names if (row, c) in a] for row in names}
    return "".join(
        [
            HEAD,
            "<listOfParameters>",
            *(parameter(name, start[name], False) for name in names),
            *(parameter(f"u_{name}", rates[name], False) for name in names),
            *(parameter(coefficient(r, c), float(a[r, c]), True) for r in names for c in terms[r]),
            "</listOfParameters><listOfRules>",
            *(rate_rule(row, terms[row]) for row in names),
            "</listOfRules>",
            "<listOfEvents>" if events else "",
            *(event(i, *one) for i, one in enumerate(sorted(events))),
            "</listOfEvents>" if events else "",
            "</model></sbml>",
        ]
    )


def simulated(
    structure: str,
    p: Mapping[str, float],
    inputs: Sequence[Input],
    times_h: Sequence[float],
    rtol: float = 1e-11,
) -> np.ndarray:
    """Return all states at ``times_h`` (rising, from 0) from libroadrunner, shape (n_times, 23)."""
    a = entries(structure, {name: float(value) for name, value in p.items()})
    names = reached(a, inputs)
    model = roadrunner.RoadRunner(text(a, names, inputs))
    model.setIntegrator("cvode")
    model.integrator.relative_tolerance = rtol
    model.integrator.absolute_tolerance = 1e-14
    model.integrator.maximum_num_steps = 1_000_000
    model.timeCourseSelections = ["time", *names]
    wanted = sorted({0.0, *map(float, times_h)})
    found = np.asarray(model.simulate(times=wanted))
    rows = [int(np.searchsorted(found[:, 0], t)) for t in times_h]
    return spread(names, found[rows, 1:])
