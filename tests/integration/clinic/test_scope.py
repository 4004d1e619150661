"""A query that forgets whose patients it reads raises, however it is evaluated."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import models

from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.patients.models import Patient
from posology.clinic.patients.queries import look_alikes, looks_alike, patient_for, patients_of, search
from posology.clinic.scope import ScopedQuerySet, UnscopedQuery
from tests import factories
from tests.integration.clinic.rows import World

pytestmark = pytest.mark.django_db


def scoped_models() -> list[type[models.Model]]:
    return [m for m in apps.get_models() if isinstance(m._default_manager.all(), ScopedQuerySet)]


EVALUATIONS: dict[str, Callable] = {
    "list": list,
    "bool": bool,
    "len": len,
    "first": lambda q: q.first(),
    "last": lambda q: q.order_by("pk").last(),
    "get": lambda q: q.get(),
    "count": lambda q: q.count(),
    "exists": lambda q: q.exists(),
    "values": lambda q: list(q.values("pk")),
    "values_list": lambda q: list(q.values_list("pk", flat=True)),
    "slice": lambda q: list(q[:1]),
    "filter": lambda q: list(q.filter(pk__isnull=False)),
    "order_by": lambda q: list(q.order_by("pk")),
    "annotate": lambda q: list(q.annotate(n=models.Count("pk"))),
    "aggregate": lambda q: q.aggregate(n=models.Count("pk")),
    "iterator": lambda q: list(q.iterator()),
    "in_bulk": lambda q: q.in_bulk(),
    "earliest": lambda q: q.earliest("pk"),
    "latest": lambda q: q.latest("pk"),
    "union": lambda q: list(q.union(q)),
    "subquery": lambda q: list(Patient.objects.everywhere(because="test").filter(pk__in=q.values("pk"))),
    "distinct": lambda q: list(q.values("pk").distinct()),
    "update": ScopedQuerySet.update,
    "delete": lambda q: q.delete(),
    "explain": lambda q: q.explain(),
    "select_for_update": lambda q: list(q.select_for_update()),
    "pickle": lambda q: q.__getstate__(),
    "raw": lambda q: list(q.raw("SELECT 1 AS id")),
}


def test_every_table_with_patients_is_scoped():
    names = {m.__name__ for m in scoped_models()}
    linked = {
        m.__name__
        for m in apps.get_models()
        if m.__module__.startswith("posology.clinic.")
        and any(
            f.name in {"patient", "order", "session", "visit"} and f.is_relation
            for f in m._meta.concrete_fields
        )
    }
    of_the_site = {"SiteProtocol", "SiteVersion", "VersionText", "VersionStepRow"}
    of_the_site |= {"MonitorDevice", "MonitorMessage"}
    of_the_site |= {"SiteCertification", "StaffContact", "SentForm"}
    of_the_site |= {"DutyEntry", "DutyPerson", "EquipmentCheck", "DutyDecision", "DutySetting"}
    assert linked | {"Patient"} | of_the_site == names


@pytest.mark.requirement("SR-11")
@pytest.mark.parametrize("model", scoped_models(), ids=lambda m: m.__name__)
def test_a_forgotten_scope_raises(model, record_property):
    """Every way to evaluate a query, on every table: raises N of N."""
    for name, evaluate in EVALUATIONS.items():
        with pytest.raises(UnscopedQuery, match=model.__name__):
            evaluate(model._default_manager.all())
            pytest.fail(name)
    record_property("n", len(EVALUATIONS))  # of this table; the report adds the tables up


@pytest.mark.requirement("SR-11")
@pytest.mark.parametrize("model", scoped_models(), ids=lambda m: m.__name__)
def test_a_clinic_sees_its_own_rows_only(model):
    world = World()
    other = factories.site("Another Synthetic Clinic", on_duty=False)
    row = world.row(model)
    models.Model.save(row, force_insert=True)
    assert model._default_manager.for_clinic(world.site.clinic).filter(pk=row.pk).exists()
    assert not model._default_manager.for_clinic(other.clinic).exists()
    assert not model._default_manager.for_clinic(other.clinic.pk).exists()


def test_a_patient_of_another_clinic_is_not_found_in_the_same_words():
    site, other = factories.site(), factories.site("Another Synthetic Clinic")
    patient = factories.patient(site)
    refusals = set()
    for key in (patient.pk, site.nurse.pk):
        with pytest.raises(NotFound) as refused:
            patient_for(other.nurse, key)
        refusals.add(str(refused.value))
    assert len(refusals) == 1
    with pytest.raises(NotPermitted):
        patients_of(site.administrator)


def test_search_finds_by_the_beginnings_of_words():
    site = factories.site()
    ada = factories.patient(site, family_name="Synthetic", given_name="Ada", identifier="S-100")
    bea = factories.patient(site, family_name="Synthetos", given_name="Bea", identifier="S-101")
    assert list(search(site.nurse, "synth")) == [ada, bea]
    assert list(search(site.nurse, "synth be")) == [bea]
    assert list(search(site.nurse, "s-100")) == [ada]
    assert not search(site.nurse, "'; DROP TABLE patients_patient; --")


@pytest.mark.hazard("H-01")
@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (("Synthetic", "Ada"), ("Synthetic", "Ada"), True),
        (("Synthetic", "Ada"), ("Synthetic", "Anna"), True),
        (("Synthetic", "Ada"), ("Sinthetic", "Ada"), True),
        (("Synthetic", "Ada"), ("Synthetik", "Ida"), True),
        (("Synthetic", "Ada"), ("Synthetic", "Bea"), False),
        (("Synthetic", "Ada"), ("Other", "Ada"), False),
    ],
)
def test_names_that_could_be_mixed_up_are_told(one, other, alike):
    """N = 6 pairs of names."""
    site = factories.site()
    first = factories.patient(site, family_name=one[0], given_name=one[1])
    second = factories.patient(
        site, family_name=other[0], given_name=other[1], born_on=first.born_on.replace(year=1990)
    )
    assert looks_alike(first, second) is looks_alike(second, first) is alike
    assert (second in look_alikes(first)) is alike
