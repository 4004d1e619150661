"""Which model draws a curve, and that no site and no substance is ever mixed."""

import pytest

from posology.knowledge.models import pk_effects, pk_models
from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.choice import (
    chosen_model,
    describes,
    dissociation_range,
    primary_model,
    role_of,
    second_opinion,
)
from posology.pharmacology.errors import Mixed, ModelError, OutsideDomain

OTTO, NASAL, FILM = "ketamine-otto-2021", "esketamine-perez-ruixo-2021", "esketamine-simons-2022"
CLEMENTS, DOMINO = "ketamine-clements-1981", "ketamine-domino"
KET, ESK, AR = Substance.KETAMINE, Substance.ESKETAMINE, Substance.ARKETAMINE

# From section 1 of the pharmacology sheet: M1 by vein, muscle and skin, M2 by nose and mouth, M3 the film.
PRIMARY = {
    (KET, Route.INTRAVENOUS): OTTO,
    (ESK, Route.INTRAVENOUS): OTTO,
    (KET, Route.INTRAMUSCULAR): OTTO,
    (ESK, Route.INTRAMUSCULAR): OTTO,
    (KET, Route.SUBCUTANEOUS): OTTO,
    (ESK, Route.SUBCUTANEOUS): OTTO,
    (ESK, Route.NASAL): NASAL,
    (KET, Route.ORAL): NASAL,
    (ESK, Route.ORAL): NASAL,
    (KET, Route.SUBLINGUAL): FILM,
    (ESK, Route.SUBLINGUAL): FILM,
}


@pytest.mark.parametrize("route", list(Route))
@pytest.mark.parametrize("substance", list(Substance))
def test_each_substance_and_route_has_its_model_or_a_sentence(substance, route):
    if (substance, route) in PRIMARY:
        assert primary_model(substance, route).id == PRIMARY[substance, route]
    else:
        with pytest.raises(ModelError, match="No model") as refused:
            primary_model(substance, route)
        assert str(refused.value).endswith(".")
        assert substance.value in str(refused.value)


def test_racemic_ketamine_by_nose_borrows_nothing():
    """The nasal model is of esketamine alone on that route, though its file names both substances."""
    assert KET in pk_models()[NASAL].substances
    with pytest.raises(ModelError, match="No model here describes ketamine by nose"):
        primary_model(KET, Route.NASAL)
    with pytest.raises(Mixed, match="does not describe ketamine by nose"):
        chosen_model(NASAL, KET, Route.NASAL)


def test_two_primary_models_are_not_chosen_between():
    one = pk_models()[OTTO]
    both = {"a": one.model_copy(update={"id": "a"}), "b": one.model_copy(update={"id": "b"})}
    with pytest.raises(ModelError, match="a and b are both primary by vein"):
        primary_model(KET, Route.INTRAVENOUS, both)


def test_a_named_model_is_taken_if_it_fits():
    assert chosen_model(DOMINO, KET, Route.INTRAVENOUS).id == DOMINO
    assert chosen_model(None, KET, Route.INTRAVENOUS).id == OTTO
    with pytest.raises(ModelError, match=r"no model 'nothing'. There are: .*ketamine-otto-2021"):
        chosen_model("nothing", KET, Route.INTRAVENOUS)
    with pytest.raises(OutsideDomain, match="describes a dose by vein, not by mouth"):
        chosen_model(CLEMENTS, KET, Route.ORAL)
    with pytest.raises(Mixed, match="different substances"):
        chosen_model(CLEMENTS, ESK, Route.INTRAVENOUS)


def test_the_second_opinion_is_of_the_same_site_and_substance():
    otto = pk_models()[OTTO]
    assert second_opinion(otto, KET, Route.INTRAVENOUS).id == CLEMENTS
    assert second_opinion(otto, ESK, Route.INTRAVENOUS) is None
    assert second_opinion(pk_models()[NASAL], ESK, Route.NASAL) is None
    assert second_opinion(pk_models()[CLEMENTS], KET, Route.INTRAVENOUS) is None
    assert second_opinion(otto, KET, Route.INTRAVENOUS, named=OTTO) is None


def test_a_second_opinion_of_another_site_is_refused():
    otto = pk_models()[OTTO]
    for other in (DOMINO, FILM):
        with pytest.raises(Mixed, match=r"venous blood, and .* of arterial blood. About a factor of two"):
            second_opinion(otto, KET, Route.INTRAVENOUS, named=other)


@pytest.mark.hazard("H-17")
def test_no_second_opinion_ever_mixes(record_property):
    """Every model, substance and route, and every other model named beside it: the same site and substance,
    or a refusal. N is the number of pairs."""
    tried = 0
    for file in pk_models().values():
        for substance in Substance:
            for route in Route:
                if not describes(file, substance, route):
                    continue
                for named in (None, *pk_models()):
                    tried += 1
                    try:
                        beside = second_opinion(file, substance, route, named=named)
                    except ModelError:
                        continue
                    if beside is not None:
                        assert beside.site == file.site
                        assert describes(beside, substance, route)
                        assert named or role_of(beside, route) == "second-opinion"
    record_property("n", tried)
    assert tried > 50


def test_a_range_stays_with_its_substance_and_site():
    found = dissociation_range(KET, "venous")
    assert (found.range.low, found.range.high, found.site) == (100, 250, "not stated")
    assert "is not stated in the source" in found.site_say
    assert dissociation_range(KET, "arterial") is None
    assert dissociation_range(ESK, "venous") is None
    assert dissociation_range(AR, "venous") is None
    effects = {
        key: file.model_copy(
            update={
                "ranges": {
                    n: r.model_copy(update={"site": "venous", "drawn_under": ()})
                    for n, r in file.ranges.items()
                }
            }
        )
        for key, file in pk_effects().items()
    }
    assert dissociation_range(KET, "venous", effects) is not None
    assert dissociation_range(KET, "arterial", effects) is None
    assert dissociation_range(KET, "venous", {}) is None
