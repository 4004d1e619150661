"""A form at the chair as it was sent: what was typed, what is wrong where, what is looked at again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict


@dataclass(slots=True)
class Form:
    """A form as it was sent: what was typed, what is wrong where, and what has to be looked at again."""

    kind: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)  # what is wrong with the whole of it
    subject: str = ""  # which of several forms of one kind

    def of(self, kind: str, subject: str = "") -> "Form":
        """Return this form where it is of that kind, else an empty one: nothing is prefilled."""
        return self if (self.kind, self.subject) == (kind, subject) else Form()

    def value(self, name: str) -> str:
        """Return what was typed into a field of this very form, or nothing."""
        return self.typed.get(name, "")

    def fault(self, name: str) -> str:
        """Return what is wrong with a field, or nothing."""
        return self.faults.get(name, "")

    @property
    def is_faulty(self) -> bool:
        """Whether something has to be mended or confirmed before it is recorded."""
        return bool(self.faults or self.questions or self.sentences)


class FormFaults(Exception):
    """A form that cannot be sent on; the form itself says why."""


def form_of(kind: str, post: QueryDict) -> Form:
    """Return what was typed into a form."""
    typed = {name: post.get(name, "") for name in post}
    return Form(kind, typed, subject=post.get("subject", ""))
