"""Where a document can be read outside."""

from posology.knowledge.schema import Source


def link_of(source: Source) -> str:
    """Return where a source can be read, or nothing."""
    if source.doi:
        return f"https://doi.org/{source.doi}"
    if source.pmid:
        return f"https://pubmed.ncbi.nlm.nih.gov/{source.pmid}/"
    return source.url or ""
