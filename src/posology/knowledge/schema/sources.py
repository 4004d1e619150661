"""The documents that are cited, each once."""

from typing import Literal

from posology.knowledge.schema.common import Certainty, Header, Strict, Texts


class Source(Strict):
    """One document, once: free-text citations do not exist anywhere else."""

    title: str
    doi: str | None = None
    pmid: str | None = None
    url: str | None = None
    set_id: str | None = None  # a US label's
    published: str | None = None
    read: Certainty
    note: str | None = None
    jurisdictions: Texts = ()  # whose label, law, scheme or announcement it is; anyone's when empty
    label_of: str | None = None  # the product that it is the label of


class SourcesFile(Header):
    """Every document that is cited anywhere, once."""

    kind: Literal["sources"]
    sources: dict[str, Source]
