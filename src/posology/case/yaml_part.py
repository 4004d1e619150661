"""One part of a case file, which knows its line and refuses in one sentence."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, TypeVar

from posology.case.days import last_moment_of_day, moment_of_day
from posology.case.facts import CaseError
from posology.knowledge import Document, Library, UnreadableFile
from posology.knowledge.yaml_reader import Path
from posology.quantities import DomainError, number_of, read_moment

_T = TypeVar("_T")

_LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Part:
    """A value at a path of a document, with what is needed to judge it."""

    document: Document
    path: Path
    as_of: datetime
    library: Library
    own: Any = None  # a value that was put in place of the document's

    @property
    def value(self) -> Any:
        """What stands there."""
        if self.own is not None:
            return self.own
        value = self.document.data
        for step in self.path:
            value = value[step]
        return value

    @property
    def where(self) -> str:
        """File and line: ``case.yaml:12``."""
        return f"{self.document.name}:{self.document.line_of(self.path)}"

    @property
    def shown(self) -> str:
        """The value as it stands in a sentence."""
        value = self.value
        return ("true" if value else "false") if isinstance(value, bool) else str(value)[:40]

    def at_moment(self, as_of: datetime) -> "Part":
        """Return the same part, judged at another moment."""
        return replace(self, as_of=as_of)

    def replaced(self, value: object) -> "Part":
        """Return the same part with another value in its place."""
        return replace(self, own=value)

    def fault(self, sentence: str) -> CaseError:
        """Return the refusal of a value: file, line and sentence."""
        return CaseError(f"{self.where}: {sentence}")

    def misshapen(self, sentence: str) -> UnreadableFile:
        """Return the refusal of a shape: file, line and sentence."""
        return UnreadableFile(f"{self.where}: {sentence}")

    def checked(self, read: Callable[[], _T]) -> _T:
        """Call ``read``, and put file and line before the sentence of its refusal."""
        try:
            return read()
        except DomainError as error:
            sentence = str(error)
            raise self.fault(sentence.removeprefix(f"{self.where}: ")) from None

    def mapping(
        self, known: Collection[str], *, needed: Iterable[str] = (), what: str = "key"
    ) -> dict[str, "Part"]:
        """Return the parts of a mapping, and refuse keys that are not known or missing."""
        if not isinstance(self.value, dict):
            raise self.misshapen(f"This is '{self.shown}'. Write 'key: value' lines here.")
        for key in self.value:
            if key not in known:
                near = get_close_matches(str(key), known, n=1)
                remedy = f"Did you mean '{near[0]}'?" if near else "Take it out, or mend its spelling."
                inside = replace(self, path=(*self.path, key))
                raise inside.misshapen(f"There is no {what} '{str(key)[:60]}' here. {remedy}")
        for key in needed:
            if key not in self.value:
                raise self.misshapen(f"The key '{key}' is missing. Add it.")
        return {key: replace(self, path=(*self.path, key)) for key in self.value}

    def items(self) -> Iterator["Part"]:
        """Yield the parts of a list."""
        if not isinstance(self.value, list):
            raise self.misshapen(f"This is '{self.shown}'. Write a list here, each line beginning with '- '.")
        for i in range(len(self.value)):
            yield replace(self, path=(*self.path, i))

    def text(self, what: str) -> str:
        """Return a text that is not blank."""
        value = self.value
        if not isinstance(value, str) or not value.strip():
            raise self.misshapen(
                f"The {what} is '{self.shown}'. Write words here, in quotes if they look like a number."
            )
        if len(value) > _LONGEST_TEXT:
            raise self.misshapen(f"The {what} is longer than {_LONGEST_TEXT} characters. Shorten it.")
        return value.strip()

    def code(self, what: str) -> str:
        """Return a code, which may be written as a bare whole number."""
        return (
            str(self.value)
            if isinstance(self.value, int) and not isinstance(self.value, bool)
            else self.text(what)
        )

    def one_of(self, choices: Sequence[str], what: str) -> str:
        """Return one of the listed words."""
        if self.value not in choices:
            raise self.fault(f"The {what} is '{self.shown}'. Write one of {', '.join(choices)}.")
        return str(self.value)

    def whole(self, what: str, *, low: int, high: int) -> int:
        """Return a whole number between two bounds."""
        number = self.checked(lambda: number_of(self.value, what=what))
        if number != number.to_integral_value() or not low <= number <= high:
            raise self.fault(f"The {what} is '{self.shown}'. Write a whole number from {low} to {high}.")
        return int(number)

    def day(self, what: str) -> date:
        """Return a day."""
        if not isinstance(self.value, date):
            raise self.misshapen(
                f"The {what} is '{self.shown}', which is not a day. Write it as in 1984-05-02."
            )
        return self.value

    def moment(self, what: str) -> datetime:
        """Return a moment: with time and offset, or a day alone (see :func:`moment_of_day`)."""
        value = self.value
        if isinstance(value, date):
            return moment_of_day(value, as_of=self.as_of)
        if not isinstance(value, str):
            raise self.misshapen(
                f"The moment of the {what} is '{self.shown}'. Write it as in 2026-11-23T14:05:00+00:00."
            )
        return self.checked(lambda: read_moment(value, what=f"moment of the {what}"))

    def past_moment(self, what: str) -> datetime:
        """Return a moment that does not lie after the decision."""
        moment = self.moment(what)
        if moment > self.as_of:
            raise self.fault(
                f"The {what} is dated {moment:%Y-%m-%d %H:%M} UTC, after {self.as_of:%Y-%m-%d %H:%M} UTC, "
                "the moment of the decision. Correct its date."
            )
        return moment

    def last_moment(self, what: str) -> tuple[datetime, date | None]:
        """Return the last moment at which a dose may have been given, and its day where that is all there is.

        With a time it is that moment; a day alone counts to its end (see :func:`last_moment_of_day`).
        """
        moment = self.past_moment(what)
        day = self.value if isinstance(self.value, date) else None
        return (moment, None) if day is None else (last_moment_of_day(day, as_of=self.as_of), day)
