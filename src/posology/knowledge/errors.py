"""Refusals of a knowledge or case file, naming file, line and remedy."""

from posology.quantities import DomainError


class KnowledgeError(DomainError):
    """A knowledge file that may not be used; the message names the file, the line and the remedy."""

    code = "knowledge"


class NotInForce(DomainError):
    """A value was asked for a day before its first effective day."""

    code = "not-in-force"


class UnreadableFile(DomainError):
    """A YAML file that cannot be read as what it should be; the message names file, line and remedy."""

    code = "unreadable-file"
