"""The published structures, by name: from the numbers of each member to one cascade.

Each takes parameters in L, h and mg, one array a parameter with one value a member, and says where a dose
enters and what comes out. What a structure does not use it is not given. Units of what comes out: mg/L.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from posology.pharmacology.cascade import Builder, Cascade
from posology.pharmacology.stages import Exchange, FloatArray, modes_of

Parameters = Mapping[str, FloatArray]


def mammillary(p: Parameters) -> Cascade:
    """Build a disposition of one to three compartments, its depots, and what norketamine it forms.

    Parameters
    ----------
    p : mapping of str to ndarray of float, shape (n_members,)
        ``V1`` (L), ``CL`` (L/h), then ``V2 Q2`` and ``V3 Q3``; for the metabolite ``Vn CLn fN`` and ``Vnp
        Qn``; for depots ``F_im ka_im`` and ``F_sc ka_sc`` (1/h); for a dose by mouth of which what does not
        arrive as ketamine arrives as norketamine, ``F_oral ka_oral``.

    Returns
    -------
    Cascade
        Ports ``central``, ``im``, ``sc``, ``oral``; outputs ``ketamine`` and ``norketamine``.

    References
    ----------
    FANTA15, OTTO21
    """
    b = Builder(p["V1"].size)
    depots = {name: b.stage(p[f"ka_{name}"]) for name in ("im", "sc", "oral") if f"ka_{name}" in p}
    lost = p["CL"] / p["V1"]
    parent = modes_of(lost, [_exchange(p, n, p["V1"]) for n in ("2", "3") if f"V{n}" in p])
    rows = b.stage(parent.rates_per_h)
    b.port("central", rows, parent.centre_to_centre / p["V1"])
    for name, depot in depots.items():
        b.port(name, depot)
        b.feed(
            depot, rows, per_h=p[f"F_{name}"] * p[f"ka_{name}"], entering=parent.centre_to_centre / p["V1"]
        )
    b.output("ketamine", rows)
    if "Vn" in p:
        metabolite = modes_of(p["CLn"] / p["Vn"], _norketamine_exchange(p))
        formed = b.stage(metabolite.rates_per_h)
        entering = metabolite.centre_to_centre / p["Vn"]
        b.feed(rows, formed, per_h=p["fN"] * p["CL"], entering=entering)
        if "oral" in depots:
            b.feed(depots["oral"], formed, per_h=(1 - p["F_oral"]) * p["ka_oral"], entering=entering)
        b.output("norketamine", formed)
    return b.build()


def rate_constants(p: Parameters) -> Cascade:
    """Build a disposition that was published as rate constants, with its volume per kg.

    Parameters
    ----------
    p : mapping of str to ndarray of float, shape (n_members,)
        ``V1`` (L), ``k10 k12 k21`` and, with a third compartment, ``k13 k31`` (1/h).

    Returns
    -------
    Cascade
        Port ``central``; output ``ketamine``.

    References
    ----------
    CLEMENTS81, DOMINO84
    """
    b = Builder(p["V1"].size)
    parent = modes_of(p["k10"], [Exchange(p[f"k1{n}"], p[f"k{n}1"]) for n in ("2", "3") if f"k1{n}" in p])
    rows = b.stage(parent.rates_per_h)
    b.port("central", rows, parent.centre_to_centre / p["V1"])
    b.output("ketamine", rows)
    return b.build()


def hepatoportal(p: Parameters) -> Cascade:
    """Build esketamine by nose and mouth: what is swallowed passes the liver, the only place that eliminates.

    Parameters
    ----------
    p : mapping of str to ndarray of float, shape (n_members,)
        ``ka_nasal ka_swallowed ka_oral kel kmet`` (1/h), ``Vc Vp1 Vp2 Vh Vcn Vpn`` (L), ``Q1 Q2 Qh Q3 CLn``
        (L/h).

    Returns
    -------
    Cascade
        Ports ``nasal``, ``swallowed``, ``oral`` (the amounts that enter each depot) and ``central``; outputs
        ``ketamine`` and ``norketamine``.

    References
    ----------
    PEREZRUIXO21
    """
    b = Builder(p["Vc"].size)
    nasal, swallowed, oral = (b.stage(p[f"ka_{name}"]) for name in ("nasal", "swallowed", "oral"))
    to_liver, from_liver = p["Qh"] / p["Vc"], p["Qh"] / p["Vh"]
    tissues = [Exchange(p[f"Q{n}"] / p["Vc"], p[f"Q{n}"] / p[f"Vp{n}"]) for n in "12"]
    liver = Exchange(to_liver, from_liver, p["kel"] + p["kmet"])
    modes = modes_of(np.zeros_like(p["Vc"]), [*tissues, liver])
    rows = b.stage(modes.rates_per_h)
    # A mode's share in the liver, in and out: the scaling that made the system symmetric is undone here.
    scale = np.sqrt(from_liver / to_liver)
    into_liver, out_of_liver = modes.others[2] * scale, modes.others[2] / scale
    b.port("central", rows, modes.centre)
    b.feed(nasal, rows, per_h=p["ka_nasal"], entering=modes.centre)
    b.feed(swallowed, rows, per_h=p["ka_swallowed"], entering=into_liver)
    b.feed(oral, rows, per_h=p["ka_oral"], entering=into_liver)
    for name, depot in (("nasal", nasal), ("swallowed", swallowed), ("oral", oral)):
        b.port(name, depot)
    metabolite = modes_of(p["CLn"] / p["Vcn"], [Exchange(p["Q3"] / p["Vcn"], p["Q3"] / p["Vpn"])])
    formed = b.stage(metabolite.rates_per_h)
    entering = metabolite.centre_to_centre / p["Vcn"]
    b.feed(rows, formed, per_h=p["kmet"], leaving=out_of_liver, entering=entering)
    b.output("ketamine", rows, modes.centre / p["Vc"])
    b.output("norketamine", formed)
    return b.build()


def delayed_metabolites(p: Parameters) -> Cascade:
    """Build esketamine from film on the mucosa, with norketamine and hydroxynorketamine behind delays.

    Parameters
    ----------
    p : mapping of str to ndarray of float, shape (n_members,)
        ``KA1 KA2`` (1/h), ``MTT_gut MTT_metabolism MTT_second`` (h), ``V1 V2 V3 Vn2 VH VH2`` (L), ``CL Q2 Q3
        CLn Qn CLH QH`` (L/h), ``fN fH``.

    Returns
    -------
    Cascade
        Ports ``mucosal``, ``gut`` (the amounts that enter each depot) and ``central``; outputs ``ketamine``,
        ``norketamine`` and ``hydroxynorketamine``, mg of ketamine equivalents/L.

    References
    ----------
    SIMONS22
    """
    b = Builder(p["V1"].size)
    mucosal, gut = b.stage(p["KA1"]), b.stage(p["KA2"])
    parent = modes_of(p["CL"] / p["V1"], [_exchange(p, n, p["V1"]) for n in ("2", "3")])
    rows = b.stage(parent.rates_per_h)
    enter_parent = parent.centre_to_centre / p["V1"]
    transit = b.stage(1 / p["MTT_gut"])
    delay = 2 / p["MTT_metabolism"]
    first, second = b.stage(delay), b.stage(delay)
    nk = modes_of(p["CLn"] / p["V1"], [Exchange(p["Qn"] / p["V1"], p["Qn"] / p["Vn2"])])
    nk_rows = b.stage(nk.rates_per_h)
    later = 2 / p["MTT_second"]
    third, fourth = b.stage(later), b.stage(later)
    hnk = modes_of(p["CLH"] / p["VH"], [Exchange(p["QH"] / p["VH"], p["QH"] / p["VH2"])])
    hnk_rows = b.stage(hnk.rates_per_h)

    b.port("central", rows, enter_parent)
    b.port("mucosal", mucosal)
    b.port("gut", gut)
    b.feed(mucosal, rows, per_h=p["KA1"], entering=enter_parent)
    b.feed(gut, transit, per_h=p["KA2"])
    b.feed(transit, first, per_h=1 / p["MTT_gut"])
    b.feed(rows, first, per_h=p["CL"])
    b.feed(first, second, per_h=delay)
    b.feed(second, nk_rows, per_h=p["fN"] * delay, entering=nk.centre_to_centre / p["V1"])
    b.feed(nk_rows, third, per_h=p["CLn"])
    b.feed(third, fourth, per_h=later)
    b.feed(fourth, hnk_rows, per_h=p["fH"] * later, entering=hnk.centre_to_centre / p["VH"])
    b.output("ketamine", rows)
    b.output("norketamine", nk_rows)
    b.output("hydroxynorketamine", hnk_rows)
    return b.build()


def _exchange(p: Parameters, number: str, centre_L: FloatArray) -> Exchange:
    return Exchange(p[f"Q{number}"] / centre_L, p[f"Q{number}"] / p[f"V{number}"])


def _norketamine_exchange(p: Parameters) -> list[Exchange]:
    return [Exchange(p["Qn"] / p["Vn"], p["Qn"] / p["Vnp"])] if "Vnp" in p else []


STRUCTURES: Mapping[str, Callable[[Parameters], Cascade]] = MappingProxyType(
    {
        "mammillary": mammillary,
        "rate-constants": rate_constants,
        "hepatoportal": hepatoportal,
        "delayed-metabolites": delayed_metabolites,
    }
)
