"""The planned sets of readings of a session that has not begun, for a sheet that is filled by hand."""

from posology.knowledge.schema.protocols import Monitoring

MOST_LINES = 14  # of one sheet; where a plan goes on until the patient is ready, further lines are left blank


def planned_sets(plan: Monitoring, *, minutes: int | None) -> tuple[str, ...]:
    """Name each set of readings that a protocol plans, as the session's page will name it."""
    sets = ["Before the dose"] if plan.before else []
    if plan.during_every_min:
        step = plan.during_every_min
        sets += [f"{n} min" for n in range(step, minutes or step, step)]
        sets += _after(plan, until=plan.after_until_min, words="after the end")
    else:
        sets += [f"{n} min" for n in plan.at_min]
        last = max(plan.at_min, default=0)
        until = None if plan.after_until_min is None else plan.after_until_min - last
        sets += _after(plan, until=until, words="after the last")
    blank = max(2, MOST_LINES - len(sets))
    return (*sets, *[""] * blank)


def _after(plan: Monitoring, *, until: int | None, words: str) -> list[str]:
    if plan.after_every_min is None:
        return []
    step = plan.after_every_min
    last = until if until is not None else 4 * step
    return [f"{n} min {words}" for n in range(step, last + 1, step)]
