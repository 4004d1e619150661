"""What a liver, a drug or an extreme of weight changes in a model, and for whom no model is run at all.

What was only recalled, or read for another dose, may widen a band and never narrows one; nothing here
allows a dose. A reported change of exposure reaches the band as a spread from no effect to the whole of it,
because a mean of a dozen volunteers says little of one patient.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import log

import numpy as np

from posology.knowledge.models import pk_covariates
from posology.knowledge.schema.common import Route
from posology.knowledge.schema.pk import PkModelFile
from posology.knowledge.schema.pk_covariates import FoldChange, Multipliers, PkCovariatesFile
from posology.knowledge.schema.pk_parts import Flag
from posology.pharmacology.domain import Remark
from posology.pharmacology.errors import OutsideDomain
from posology.pharmacology.people import ChildPugh, Person
from posology.pharmacology.regimens import Regimen
from posology.pharmacology.stages import FloatArray

# A fraction of the golden section spreads members evenly over a range, however many there are.
_GOLDEN = 0.6180339887498949

# What is predicted by which route; by film, into muscle and under the skin no more is known than by vein.
_PREDICTED = {
    Route.ORAL: ("oral AUC",),
    Route.NASAL: ("nasal AUC 28 mg", "nasal AUC 84 mg"),
}
_NOT_BY_THIS_ROUTE = (
    "Of {drug} nothing is known here by this route, so neither curve nor band holds what it changes; it may "
    "change the true one."
)
_BAND_ALONE = (
    "The band is widened by what {drug} changes in all (its AUC), at the peak too, which may change by more "
    "or by less; the typical curve is drawn without it."
)
_KIDNEY = "kidney-impairment"


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What the covariates change.

    Attributes
    ----------
    changes : mapping of str to float
        Multipliers by parameter, the same for every member.
    widened : tuple of (str, float)
        By analyte, by how much exposure may be other than computed: members are spread from 1 to that ratio.
    remarks : tuple of Remark
        What must be said beside the curve.
    flags : tuple of Flag
        How the sizes of those changes were come by, in no order.
    """

    changes: Mapping[str, float] = field(default_factory=dict)
    widened: tuple[tuple[str, float], ...] = ()
    remarks: tuple[Remark, ...] = ()
    flags: tuple[Flag, ...] = ()

    def spread(self, analyte: str, n_members: int) -> FloatArray | None:
        """Return what each member's curve of an analyte is multiplied by; None where nothing is widened."""
        ratios = [ratio for name, ratio in self.widened if name == analyte]
        if not ratios:
            return None
        product = np.ones(n_members)
        for turn, ratio in enumerate(ratios, start=1):
            product *= ratio ** ((np.arange(1, n_members + 1) * _GOLDEN * turn) % 1.0)
        return product


def adjust(file: PkModelFile, person: Person, regimen: Regimen) -> Adjusted:
    """Refuse those for whom no curve is drawn, and return what is known of liver, drugs and weight.

    Parameters
    ----------
    file : PkModelFile
        The model.
    person : Person
        For whom.
    regimen : Regimen
        What is given; its routes decide which reported changes count.

    Raises
    ------
    OutsideDomain
        For Child-Pugh C, pregnancy, dialysis and intensive care; for a drug that the file does not name.
    """
    known = pk_covariates()
    _check_plausible(known, person)
    _refuse(known, person)
    changes: dict[str, float] = {}
    widened: list[tuple[str, float]] = []
    remarks = list(_not_known(known, person))
    flags: list[Flag] = []
    routes = {route.value for route in regimen.routes}
    if person.child_pugh is ChildPugh.B:
        pair = next(one for one in known.multipliers if one.id == "child-pugh-b")
        _lay_in(file, pair, changes)
        remarks.append(Remark("liver", f"{pair.say} It is {pair.flag.value}: the curve is less sure."))
        remarks.extend(_by_route(pair, regimen))
        flags.append(pair.flag)
    for drug in person.drugs:
        reported = _reported(known, drug, regimen)
        if not reported:
            remarks.append(Remark(drug, _NOT_BY_THIS_ROUTE.format(drug=drug)))
        for change in reported:
            sizes = [one for one in _of_drug(change) if one[0] in file.analytes]
            widened.extend((name, ratio) for name, ratio, _ in sizes)
            flags.extend(flag for _, _, flag in sizes)
            remarks.append(Remark(drug, change.say))
            if any(ratio != 1.0 for _, ratio, _ in sizes):
                remarks.append(Remark(drug, _BAND_ALONE.format(drug=drug)))
    if person.kidney_impaired:
        for change in (one for one in known.fold_changes if one.with_ == _KIDNEY):
            if change.route in routes:
                sizes = [one for one in _of_drug(change) if one[0] in file.analytes]
                widened.extend((name, ratio) for name, ratio, _ in sizes)
                flags.extend(flag for _, _, flag in sizes)
                remarks.append(Remark("kidney", change.say))
            else:
                remarks.append(Remark("kidney", _NOT_BY_THIS_ROUTE.format(drug="impaired kidneys")))
    for extreme in known.weight_extremes:
        if extreme.route in routes and _beyond(extreme.below, extreme.above, person.weight_kg):
            widened.extend((analyte, float(ratio)) for analyte, ratio in extreme.auc.items())
            flags.append(extreme.flag)
            remarks.append(Remark("weight", extreme.say))
    return Adjusted(
        changes,
        tuple(one for one in widened if one[0] in file.analytes),
        tuple(remarks),
        tuple(dict.fromkeys(flags)),
    )


def _check_plausible(known: PkCovariatesFile, person: Person) -> None:
    """Refuse a weight or an age that no person has: a slip of the hand, or another unit."""
    told = {"weight": person.weight_kg, "age": person.age_years}
    for one in known.plausible:
        value = told[one.what]
        if value is not None and not float(one.low) <= value <= float(one.high):
            unit = "years" if one.unit == "a" else one.unit
            raise OutsideDomain(
                f"The {one.what} is {value:g} {unit}, outside {one.low} to {one.high} {unit} and beyond what "
                "can be true. Look again, also at the unit."
            )


def _refuse(known: PkCovariatesFile, person: Person) -> None:
    holds = {
        "child-pugh-c": person.child_pugh is ChildPugh.C,
        "pregnancy": person.pregnant is True,
        "dialysis": person.dialysis is True,
        "intensive-care": person.intensive_care is True,
    }
    for refusal in known.refusals:
        if holds.get(refusal.id):
            raise OutsideDomain(f"{refusal.say} Decide without one.")


def _not_known(known: PkCovariatesFile, person: Person) -> Iterator[Remark]:
    """Say once which of the refusals could not be checked.

    Intensive care is not among them: nobody is treated there by this product, and nobody is asked. That no
    curve holds for it stands among the limits.
    """
    unknown = {
        "child-pugh-c": person.child_pugh is None,
        "pregnancy": person.pregnant is None,
        "dialysis": person.dialysis is None,
    }
    names = [refusal.who for refusal in known.refusals if unknown.get(refusal.id)]
    if names:
        yield Remark(
            "not known", f"Not known here, and no curve would be drawn if it held: {', '.join(names)}."
        )


def _by_route(pair: Multipliers, regimen: Regimen) -> Iterator[Remark]:
    """Say by how much exposure rises on the routes that are used: the small change of a peak is by nose."""
    for route in regimen.routes:
        names = _PREDICTED.get(route, ("intravenous AUC",))
        sizes = " to ".join(f"{pair.predicts[name]}" for name in names)  # type: ignore[index]
        known = route is Route.INTRAVENOUS or route in _PREDICTED
        told = route.value if known else f"intravenous, and taken for {route.value}"
        yield Remark("liver", f"Predicted for {pair.fits}, {told}: {sizes} times the exposure.")


def _lay_in(
    file: PkModelFile,
    pair: Multipliers,
    changes: dict[str, float],
) -> None:
    """Change the liver where the model has one; elsewhere clear less, as exposure is predicted to rise."""
    if file.structure == "hepatoportal":
        changes.update(kel=float(pair.m), kmet=float(pair.m))
        changes["Fgut"] = min(float(pair.g), 1 / float(file.parameters["Fgut"].value))
    elif file.structure == "rate-constants":
        changes["k10"] = 1 / float(pair.predicts["intravenous AUC"])
    else:
        changes["CL"] = 1 / float(pair.predicts["intravenous AUC"])


def _reported(known: PkCovariatesFile, drug: str, regimen: Regimen) -> list[FoldChange]:
    """What was reported of a drug on the routes of a regimen."""
    mine = [one for one in known.fold_changes if one.with_ == drug and not one.organ]
    if not mine:
        names = ", ".join(sorted({one.with_ for one in known.fold_changes if not one.organ}))
        raise OutsideDomain(
            f"Nothing is known here of what '{drug}' changes in the curve. Known are: {names}. Leave it "
            "out, and let the rules of interactions speak."
        )
    return [one for one in mine if one.route in {route.value for route in regimen.routes}]


def _of_drug(change: FoldChange) -> Iterator[tuple[str, float, Flag]]:
    """The size of a reported change: of ketamine itself, and of norketamine where it was measured.

    Where a range was reported and no ratio, the end of the range that lies further from no change counts.
    """
    for analyte, one in (("ketamine", change.auc), ("norketamine", change.metabolite.get("auc"))):
        if one is not None:
            ends = [float(end) for end in (one.low, one.high) if end is not None]
            furthest = max(ends, key=lambda end: abs(log(end)), default=None)
            ratio = furthest if one.ratio is None else float(one.ratio)
            if ratio is not None:
                yield analyte, ratio, one.flag


def _beyond(below: object, above: object, weight_kg: float | None) -> bool:
    if weight_kg is None:
        return False
    return (below is not None and weight_kg < float(str(below))) or (
        above is not None and weight_kg > float(str(above))
    )


def routes_with(drug: str) -> tuple[Route, ...]:
    """Return the routes on which something was reported of a drug."""
    return tuple(dict.fromkeys(Route(one.route) for one in pk_covariates().fold_changes if one.with_ == drug))
