"""The four structures a model file may name, and the parameters each of them needs.

A parameter's name says what it measures, so its unit can be held against it: a clearance in litres is a slip.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

StructureName = Literal["mammillary", "rate-constants", "hepatoportal", "delayed-metabolites"]


@dataclass(frozen=True, slots=True)
class Structure:
    """What a structure needs: always, together with each other, and for each route and analyte."""

    needed: frozenset[str]
    together: tuple[frozenset[str], ...] = ()  # all of a set or none
    by_route: Mapping[str, frozenset[str]] = field(default_factory=dict)
    by_analyte: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[str]:
        """Every parameter that it may have."""
        return self.needed.union(*self.together, *self.by_route.values(), *self.by_analyte.values())

    def missing(self, given: set[str], routes: tuple[str, ...], analytes: tuple[str, ...]) -> Iterator[str]:
        """Yield each parameter that is missing for these routes and analytes."""
        wanted = set(self.needed)
        for route in routes:
            wanted |= self.by_route.get(route, frozenset())
        for analyte in analytes:
            wanted |= self.by_analyte.get(analyte, frozenset())
        for one in self.together:
            if one & given:
                wanted |= one
        yield from sorted(wanted - given)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


STRUCTURES: Mapping[str, Structure] = MappingProxyType(
    {
        "mammillary": Structure(
            needed=_names("V1 CL"),
            together=(_names("V2 Q2"), _names("V3 Q3"), _names("Vnp Qn")),
            by_route={
                "intramuscular": _names("F_im ka_im"),
                "subcutaneous": _names("F_sc ka_sc"),
            },
            by_analyte={"norketamine": _names("Vn CLn fN")},
        ),
        "rate-constants": Structure(
            needed=_names("V1_per_kg k10"), together=(_names("k12 k21"), _names("k13 k31"))
        ),
        "hepatoportal": Structure(
            needed=_names("Fgut Vc Q1 Vp1 Q2 Vp2 Qh Vh kel kmet"),
            by_route={
                "nasal": _names("FRn FRn_later_devices ka_nasal D_swallowed ka_swallowed"),
                "oral": _names("D_oral ka_oral"),
            },
            by_analyte={"norketamine": _names("Vcn CLn Vpn Q3")},
        ),
        "delayed-metabolites": Structure(
            needed=_names("V1 V2 V3 CL Q2 Q3"),
            by_route={"sublingual": _names("F1 D1 KA1 F2 D2 KA2 MTT_gut")},
            by_analyte={
                "norketamine": _names("MTT_metabolism fN Vn2 CLn Qn"),
                "hydroxynorketamine": _names("MTT_second fH VH VH2 CLH QH"),
            },
        ),
    }
)

_FRACTIONS = _names("fN fH FRn Fgut F_im F_sc F1")  # no more than the whole; F2 is a fitted scale
_COUNTS = _FRACTIONS | {"F2", "FRn_later_devices"}


def dimension_of(parameter: str) -> str:
    """Return what a parameter measures, by its name."""
    if parameter in _COUNTS:
        return "count"
    if parameter.endswith("_per_kg"):
        return "volume per body mass"
    if parameter.startswith(("MTT", "D_")) or parameter in {"D1", "D2"}:
        return "time"
    if parameter.startswith(("k", "KA")):
        return "rate constant"
    return "volume" if parameter.startswith("V") else "clearance"


def is_fraction(parameter: str) -> bool:
    """Whether a parameter is a part of a whole, so that it cannot lie above 1."""
    return parameter in _FRACTIONS
