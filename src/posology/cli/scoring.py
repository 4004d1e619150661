"""``posology score``: a completed instrument in, its total, band and risk answers out."""

from posology.cli.given import CommandError
from posology.cli.plain import SUPPORTS, print_json
from posology.measures import Score, measure_of, score
from posology.quantities import read_number

_NOT_ANSWERED = frozenset({"", "-", "?", "x"})


def run_score(instrument: str, answers: str, *, as_json: bool) -> None:
    """Score the answers and print the result."""
    measure = measure_of(instrument)
    scored = score(instrument, [read_answer(a, i) for i, a in enumerate(answers.split(","), start=1)])
    if as_json:
        print_json({"score": scored, "title": measure.title, "notice": measure.notice})
        return
    for line in _page(scored, measure.short_title):
        print(line)


def read_answer(text: str, item: int) -> int | None:
    """Read one answer; a dash means that the item was not answered."""
    stripped = text.strip()
    if stripped in _NOT_ANSWERED:
        return None
    number = read_number(stripped, what=f"answer to item {item}")
    if number != int(number):
        raise CommandError(f"The answer to item {item} is {stripped}. Give a whole number, or a dash.")
    return int(number)


def _page(scored: Score, title: str) -> list[str]:
    if scored.total is None:
        lines = [f"{title}  not scored. {scored.why_not_scored}"]
    else:
        lines = [f"{title}  {scored.total} of {scored.maximum}  {scored.band}"]
    for risk in scored.risk:
        lines.append(f"FLAG  Item {risk.item} was answered with {risk.answer}. {risk.say}")
    return [*lines, "", SUPPORTS]
