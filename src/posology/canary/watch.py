"""The watch: each canary told, each rule asked, and one sentence for every rule that does not answer.

It is fit to run every night in production: it reads no patient, writes nothing, and takes seconds. What
is watched may break in any way, and the watch must not: whatever is raised becomes a sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from posology.canary.doors import Input, forms_of, inputs_of, plain_case, read_form, with_input, without
from posology.case import Case
from posology.knowledge import Library
from posology.knowledge.schema.canaries import CanariesFile, Canary, FormCanary, WhereItSpeaks
from posology.protocols import assess


@dataclass(frozen=True, slots=True)
class Silence:
    """A rule, or a scale, that did not answer as written down: which, and one sentence."""

    rule: str
    sentence: str


@dataclass(slots=True)
class Watch:
    """How many canaries were asked, and which of them were not answered as written down."""

    rules: int
    asked: int = 0
    silent: list[Silence] = field(default_factory=list)


def watch(file: CanariesFile, library: Library, *, as_of: datetime, stop_at_first: bool = False) -> Watch:
    """Ask every canary at a moment, and return what was not answered as it is written.

    Parameters
    ----------
    file : CanariesFile
        The plain patient, the rules' places, the canaries.
    library : Library
        The knowledge in use.
    as_of : datetime
        The moment of asking, aware; a rule that has ended is asked on its last day.
    stop_at_first : bool
        Return at the first silence.

    Returns
    -------
    Watch
        ``silent`` is empty when every rule speaks where it should and is quiet where it should be.
    """
    round_ = Round(file, library, as_of)
    found = Watch(len(file.rules))
    for silence in round_.everything():
        found.asked = round_.asked
        if silence is not None:
            found.silent.append(silence)
            if stop_at_first:
                break
    found.asked = round_.asked
    return found


@dataclass(slots=True)
class Round:
    """One round at one moment; each step can be taken alone, and counts what it asked."""

    file: CanariesFile
    library: Library
    as_of: datetime
    asked: int = 0
    _plain: dict[tuple[str, datetime], Case] = field(default_factory=dict)

    def everything(self) -> Iterator[Silence | None]:
        """Yield one answer a question: ``None`` where it is as written down."""
        yield from self.unheard()
        for rule, where in self.file.rules.items():
            yield from self.quiet(rule, where)
        for canary in self.file.canaries:
            for given in inputs_of(canary):
                yield from self.told(canary, given)
        for instrument, form in self.file.forms.items():
            yield from self.form(instrument, form)

    def unheard(self) -> Iterator[Silence]:
        """Yield each rule of the library that has no canary, and each canary of a rule that is gone."""
        fired = {rule for c in self.file.canaries for rule, verdict in c.makes.items() if verdict != "pass"}
        known = {f"{file.id}/{rule.id}" for file in self.library.rules for rule in file.rules}
        for rule in sorted(known - fired):
            yield Silence(rule, "No canary makes it speak, so nobody would hear it fall silent. Write one.")
        for rule in sorted(self.file.rules.keys() - known):
            yield Silence(rule, "The rule is gone, and its canaries remain. Was it taken out on purpose?")

    def quiet(self, rule: str, where: WhereItSpeaks) -> Iterator[Silence | None]:
        """Ask a rule of the plain patient in each place: it has to speak there, and to say *pass*."""
        at = self._moment(where.until)
        for jurisdiction, protocols in where.speaks_in.items():
            try:
                case = self._plain_case(jurisdiction, at)
                if where.beside:
                    case = with_input(case, Input("answers", where.beside), self.library, as_of=at)
            except Exception as fault:
                yield Silence(rule, f"The plain patient cannot be read: {fault}")
                continue
            for protocol in protocols:
                yield self._answer(rule, "pass", case, protocol, at, "the plain patient")

    def told(self, canary: Canary, given: Input) -> Iterator[Silence | None]:
        """Tell one thing of the plain patient, and ask each rule that has to hear of it."""
        read: dict[tuple[str, datetime], Case] = {}
        for rule, verdict in canary.makes.items():
            where = self.file.rules.get(rule)
            if where is None:
                yield Silence(rule, "A canary names it, and its places are not written down. Write them.")
                continue
            at = self._moment(where.until)
            for jurisdiction, protocol in _asked_in(where, given):
                try:
                    if (jurisdiction, at) not in read:
                        plain = without(self._plain_case(jurisdiction, at), canary.blank)
                        read[jurisdiction, at] = with_input(plain, given, self.library, as_of=at)
                except Exception as fault:
                    yield Silence(rule, f"It cannot hear {given.shown}: {fault}")
                    continue
                yield self._answer(rule, verdict, read[jurisdiction, at], protocol, at, given.shown)

    def _answer(
        self, rule: str, verdict: str, case: Case, protocol: str, at: datetime, told: str
    ) -> Silence | None:
        self.asked += 1
        place = f"{protocol} ({case.jurisdiction})"
        try:
            findings = assess(case, protocol, as_of=at, library=self.library).findings
        except Exception as fault:
            return Silence(rule, f"It cannot be asked of {told} in {place}: {fault}")
        said = next((f.verdict.value for f in findings if f.rule == rule), None)
        if said is None:
            return Silence(rule, f"It does not speak in {place} any more.")
        if said != verdict:
            return Silence(rule, f"It answers '{said}' to {told} in {place}, and should answer '{verdict}'.")
        return None

    def form(self, instrument: str, form: FormCanary) -> Iterator[Silence | None]:
        """Fill in one instrument once an item and answer, and look at what was read."""
        for item, answer, place, points in forms_of(form):
            self.asked += 1
            answers = tuple(points if i == place else 0 for i in range(len(form.items)))
            try:
                read = read_form(form, item, answer, self.library, as_of=self.as_of)
            except Exception as fault:
                yield Silence(instrument, f"Its form cannot be read: {fault}")
                continue
            right = read == ((instrument, points, answers),)
            yield (
                None
                if right
                else Silence(
                    instrument, f"Answer {answer} to item {item} does not count {points} on item {place + 1}."
                )
            )

    def _plain_case(self, jurisdiction: str, at: datetime) -> Case:
        """Read the plain patient once a place and moment; the rules share what was worked out of it."""
        key = (jurisdiction, at)
        if key not in self._plain:
            self._plain[key] = plain_case(self.file, jurisdiction, self.library, as_of=at)
        return self._plain[key]

    def _moment(self, until: date | None) -> datetime:
        """Return the moment of asking; of a rule that has ended, the last day on which it spoke."""
        if until is None or self.as_of.date() < until:
            return self.as_of
        return datetime.combine(until - timedelta(days=1), time(15), UTC)


def _asked_in(where: WhereItSpeaks, given: Input) -> Iterator[tuple[str, str]]:
    """Yield the places in which a rule is asked: all for an answer, and the first for a code or a drug.

    What a code means is the same in every place, and that the rule speaks in each the plain patient shows.
    """
    places = ((j, protocol) for j, protocols in where.speaks_in.items() for protocol in protocols)
    yield from places if given.door == "answers" else (next(places),)
