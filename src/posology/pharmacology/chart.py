"""A simulated curve as a picture: the bands of a cohort, the median, and the words that belong beside them.

One function makes the picture for a letter and for a page. It is text with shapes: no script, no style of its
own, one colour of ink. A page may give the parts a colour by their classes; without one, tints and kinds of
lines tell them apart, in black and white too.
"""

from re import fullmatch

from posology.knowledge.schema.pk_effects import ConcentrationRange
from posology.pharmacology.chart_drawing import Drawing
from posology.pharmacology.errors import Mixed, ModelError, OutsideDomain
from posology.pharmacology.simulation import Simulation

_NARROWEST, _WIDEST = 320.0, 1600.0


def chart(
    simulation: Simulation,
    *,
    analyte: str | None = None,
    beside: Simulation | None = None,
    level: ConcentrationRange | None = None,
    width: float = 720.0,
    key: str = "curve",
    paper: bool = False,
) -> str:
    """Draw a simulation as an SVG picture.

    Parameters
    ----------
    simulation : Simulation
        The curve, with its band if the model has one.
    analyte : str, optional
        Which analyte; the first of the model if left out.
    beside : Simulation, optional
        A second opinion: the same dose by another model of the same site and substance.
    level : ConcentrationRange, optional
        A range of concentrations to mark, ng/mL.
    width : float
        Width it is laid out for, px, 320 to 1600; it scales, but letters keep their size only at this one.
    key : str
        How its ids begin; each picture on a page needs a key of its own.
    paper : bool
        With a white ground and a colour of its own, for a file; otherwise in the ink of the page around it.

    Returns
    -------
    str
        One ``svg`` element, with title and description.

    Raises
    ------
    Mixed
        If the second opinion or the range is of another substance or another site.
    ModelError
        If the model has no such analyte, or the key cannot begin an id.
    OutsideDomain
        If the width is out of bounds, or there are fewer than two times.
    """
    name = simulation.analytes[0] if analyte is None else analyte
    _check(simulation, name, beside, level, width, key)
    return Drawing(simulation, name, beside, level, width, key, paper).draw()


def _check(
    simulation: Simulation,
    analyte: str,
    beside: Simulation | None,
    level: ConcentrationRange | None,
    width: float,
    key: str,
) -> None:
    if analyte not in simulation.analytes:
        raise ModelError(
            f"The model {simulation.model.id} computes {', '.join(simulation.analytes)}, not "
            f"'{analyte[:40]}'. Name one of these."
        )
    if beside is not None and (
        beside.site != simulation.site or beside.regimen.substance is not simulation.regimen.substance
    ):
        raise Mixed(
            f"The curve is of {simulation.regimen.substance.value} in {simulation.site} blood, and the "
            f"second opinion of {beside.regimen.substance.value} in {beside.site} blood. They are not drawn "
            "together; leave the second out."
        )
    if level is not None and (
        level.substance is not simulation.regimen.substance or simulation.site not in level.sites
    ):
        raise Mixed(
            f"The range was seen with {level.substance.value} ({level.site} blood), and the curve is of "
            f"{simulation.regimen.substance.value} in {simulation.site} blood. Leave the range out."
        )
    if not fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,40}", key):
        raise ModelError("The key of a picture begins its ids: give letters, digits and hyphens alone.")
    if not _NARROWEST <= width <= _WIDEST:
        raise OutsideDomain(
            f"A chart of {width:g} px cannot be laid out. Give a width from {_NARROWEST:g} to {_WIDEST:g}."
        )
    if simulation.t_h.size < 2 or not simulation.t_h[-1] > simulation.t_h[0]:
        raise OutsideDomain("A curve needs at least two times. Ask for more of them.")
