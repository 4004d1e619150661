"""Which model draws a curve: the one made for this substance and route, and what may stand beside it.

A site of sampling and a substance are never mixed. Arterial and venous blood differ about twofold during and
just after an infusion, and racemic ketamine, esketamine and arketamine are three substances: two curves stand
side by side only where both agree, and a range seen with one substance is not drawn under another.
"""

from collections.abc import Iterable, Mapping

from posology.knowledge.models import pk_effects, pk_models
from posology.knowledge.schema.common import Route, Substance
from posology.knowledge.schema.pk import PkModelFile
from posology.knowledge.schema.pk_effects import ConcentrationRange, PkEffectsFile
from posology.pharmacology.errors import Mixed, ModelError, OutsideDomain

_DISSOCIATION = "dissociative-range"

BY_ROUTE = {
    "intravenous": "by vein",
    "intramuscular": "into muscle",
    "subcutaneous": "under the skin",
    "nasal": "by nose",
    "oral": "by mouth",
    "sublingual": "under the tongue",
    "rectal": "by rectum",
}
"""How a route is said in a sentence."""


def describes(file: PkModelFile, substance: Substance, route: Route) -> bool:
    """Answer whether a model was made for a substance by a route.

    Parameters
    ----------
    file : PkModelFile
        The model.
    substance : Substance
        What is given.
    route : Route
        How it enters.

    Returns
    -------
    bool
        True only where the file names the route, and the substance on that route.
    """
    if route.value not in file.routes:
        return False
    return substance in file.substances_by_route.get(route.value, file.substances)


def role_of(file: PkModelFile, route: Route) -> str:
    """Return the role of a model on a route: primary, second-opinion or driver."""
    return str(file.role_by_route.get(route.value, file.role))


def primary_model(
    substance: Substance, route: Route, models: Mapping[str, PkModelFile] | None = None
) -> PkModelFile:
    """Return the model that draws the curve of a substance by a route.

    Parameters
    ----------
    substance : Substance
        What is given.
    route : Route
        How it enters.
    models : mapping of str to PkModelFile, optional
        Among which to choose; those that ship with the package if left out.

    Returns
    -------
    PkModelFile
        The one whose file says that it is primary on this route and that describes the substance.

    Raises
    ------
    ModelError
        If there is none, or more than one; the sentence says what there is.
    """
    files = pk_models() if models is None else models
    found = [one for one in files.values() if describes(one, substance, route)]
    primary = [one for one in found if role_of(one, route) == "primary"]
    if len(primary) == 1:
        return primary[0]
    if primary:
        names = " and ".join(sorted(one.id for one in primary))
        raise ModelError(f"{names} are both primary {BY_ROUTE[route.value]}. Name the one to run.")
    raise ModelError(
        f"No model here describes {substance.value} {BY_ROUTE[route.value]}, so no curve is drawn. "
        f"{_what_there_is(substance, files.values())}"
    )


def chosen_model(
    named: str | None, substance: Substance, route: Route, models: Mapping[str, PkModelFile] | None = None
) -> PkModelFile:
    """Return the model that was named, or the primary one where none was.

    Raises
    ------
    ModelError
        If there is no such model.
    Mixed
        If it was made for another substance on this route.
    OutsideDomain
        If it does not describe the route.
    """
    files = pk_models() if models is None else models
    if named is None:
        return primary_model(substance, route, files)
    if named not in files:
        raise ModelError(f"There is no model '{named[:60]}'. There are: {', '.join(sorted(files))}.")
    file = files[named]
    if route.value not in file.routes:
        ways = ", ".join(BY_ROUTE[one] for one in file.routes)
        raise OutsideDomain(
            f"The model {file.id} describes a dose {ways}, not {BY_ROUTE[route.value]}. Leave the model out, "
            "or name one that was made for this route."
        )
    if not describes(file, substance, route):
        raise Mixed(
            f"The model {file.id} does not describe {substance.value} {BY_ROUTE[route.value]}. Racemic "
            "ketamine, esketamine and arketamine are different substances; name a model of this one."
        )
    return file


def second_opinion(
    file: PkModelFile,
    substance: Substance,
    route: Route,
    *,
    named: str | None = None,
    models: Mapping[str, PkModelFile] | None = None,
) -> PkModelFile | None:
    """Return another model of the same site and substance, to stand beside the first as a thin line.

    Parameters
    ----------
    file : PkModelFile
        The model that draws the curve.
    substance : Substance
        What is given.
    route : Route
        How it enters.
    named : str, optional
        A model to take instead of the one whose file says that it is a second opinion.
    models : mapping of str to PkModelFile, optional
        Among which to choose; those that ship with the package if left out.

    Returns
    -------
    PkModelFile or None
        None where no other model agrees in site, substance and route.

    Raises
    ------
    Mixed
        If the one that was named is of another site or another substance.
    """
    files = pk_models() if models is None else models
    if named is not None:
        beside = chosen_model(named, substance, route, files)
        if beside.site != file.site:
            raise Mixed(
                f"The model {file.id} is of {file.site} blood, and {beside.id} of {beside.site} blood. About "
                "a factor of two lies between them, so they are not drawn together. Name one of its site."
            )
        return None if beside.id == file.id else beside
    fits = (
        one
        for one in files.values()
        if one.id != file.id
        and one.site == file.site
        and describes(one, substance, route)
        and role_of(one, route) == "second-opinion"
    )
    return min(fits, key=lambda one: one.id, default=None)


def dissociation_range(
    substance: Substance, site: str, effects: Mapping[str, PkEffectsFile] | None = None
) -> ConcentrationRange | None:
    """Return the range of concentrations that the literature links with dissociation.

    Parameters
    ----------
    substance : Substance
        What is given: a range seen with one substance says nothing of another.
    site : str
        The site of the curve; of a range whose own site is not stated the file says beside which it stands.
    effects : mapping of str to PkEffectsFile, optional
        Where to look; the files that ship with the package if left out.

    Returns
    -------
    ConcentrationRange or None
        None where none is known of this substance and site.
    """
    files = pk_effects() if effects is None else effects
    for file in files.values():
        found = file.ranges.get(_DISSOCIATION)
        if found is not None and found.substance is substance and site in found.sites:
            return found
    return None


def _what_there_is(substance: Substance, files: Iterable[PkModelFile]) -> str:
    """Say by which routes a substance is described at all."""
    routes = {
        route: None
        for file in files
        for route in file.routes
        if substance in file.substances_by_route.get(route, file.substances)
    }
    if not routes:
        return "No model describes this substance at all. Decide without a curve."
    ways = ", ".join(BY_ROUTE[route] for route in routes)
    return f"There are models of {substance.value} {ways}."
