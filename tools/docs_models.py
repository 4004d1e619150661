"""The pages of the pharmacokinetic models: a passport each, and what all of them reproduce."""

from collections.abc import Iterator
from typing import Any

from posology.knowledge.models import pk_covariates, pk_effects, pk_models, pk_reference
from posology.knowledge.schema.pk import PkModelFile
from posology.pharmacology import model_card
from posology.pharmacology.model_card import Listing
from posology.pharmacology.passport import CLOSING
from posology.pharmacology.reproduction import Verdict, reproduce


def cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def row(*cells: Any) -> str:
    return "| " + " | ".join(cell(c) for c in cells) + " |"


def header(*names: str) -> str:
    return f"{row(*names)}\n|{'---|' * len(names)}"


def table(listing: Listing) -> Iterator[str]:
    yield header(*listing.columns)
    yield from (row(*cells) for cells in listing.rows)


def passport(file: PkModelFile) -> Iterator[str]:
    yield f"# {file.title}\n"
    yield (
        f"`{file.id}`, version {file.version}, {file.status}; written by {file.authored_by}, read by "
        f"{file.reviewed_by} on {file.last_review_date}; next review by {file.review_due}.\n"
    )
    yield f"**{file.level_of_evidence}**\n\n{CLOSING}\n"
    yield header("", "")
    yield from (row(*fact) for fact in model_card.facts_of(file))
    yield f"\n## Parameters\n\nHow each number was come by: {model_card.flags_of(file)}.\n"
    yield from table(model_card.parameters_of(file))
    yield from (f"\n{note}" for note in model_card.notes_of(file))
    yield "\n## Where it holds\n"
    yield from table(model_card.bounds_of(file))
    found = reproduce(file.id)
    yield "\n## What it reproduces, and by how much it misses\n"
    if found:
        yield from table(model_card.reproduced(found))
    else:
        yield "No public observation is gated against it: it stands beside the primary model."
    yield "\n## Limits\n"
    yield from (f"- {one}" for one in file.limits)
    yield ""


def overview() -> Iterator[str]:
    yield "# Pharmacokinetic models\n"
    yield f"What a dose becomes in the blood, by published models. {CLOSING}\n"
    yield header("model", "substances", "routes", "blood", "role")
    for file in pk_models().values():
        substances = ", ".join(one.value for one in file.substances)
        yield row(f"[{file.title}]({file.id}.md)", substances, ", ".join(file.routes), file.site, file.role)
    found = reproduce()
    met = sum(one.verdict is Verdict.MET for one in found)
    yield "\n## Observed and simulated\n"
    yield f"{met} of {len(found)} gated observations are met. No parameter was moved to meet one.\n"
    yield from table(model_card.reproduced(found))
    yield "\n## Not asked of any model\n"
    yield "Where a model describes the dose, what it gives stands beside, without a verdict.\n"
    yield from table(model_card.not_asked())
    yield "\n## The rows\n"
    yield header("row", "what it says", "blood", "n", "flag", "sources")
    for name, one in pk_reference().rows.items():
        n = one.n or one.n_text or "not stated"
        yield row(name, one.say, one.site, n, one.flag.value, ", ".join(one.sources))
    yield "\n" + "\n".join(f"- {sentence}" for sentence in pk_reference().limits)
    yield from _effects()
    yield from _covariates()
    yield ""


def _effects() -> Iterator[str]:
    yield "\n## Effects beside a curve\n"
    yield header("what", "says", "what it is not", "flag", "sources")
    for file in pk_effects().values():
        for site in file.effect_sites.values():
            yield row(site.endpoint, site.say, site.is_not, site.flag.value, ", ".join(site.sources))
        for level in file.ranges.values():
            yield row(level.what, level.say, "", level.flag.value, ", ".join(level.sources))
        for seen in file.observed.values():
            yield row(seen.what, seen.say, seen.is_not, seen.flag.value, ", ".join(seen.sources))


def _covariates() -> Iterator[str]:
    known = pk_covariates()
    yield "\n## What changes a curve, and for whom none is drawn\n"
    yield header("id", "says", "flag", "sources")
    listed = (
        *known.fold_changes,
        *known.multipliers,
        *known.genotypes,
        *known.weight_extremes,
        *known.optional,
    )
    for one in (*listed, *known.refusals):
        yield row(one.id, one.say, one.flag.value, ", ".join(one.sources))


def pages() -> dict[str, Iterator[str]]:
    """Every page by its path below docs/reference."""
    made = {f"models/{file.id}.md": passport(file) for file in pk_models().values()}
    return {"models/README.md": overview(), **made}
