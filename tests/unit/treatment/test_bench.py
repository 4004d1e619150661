"""The bench's own steps, where the products file does not hold them: nothing is measured."""

from dataclasses import replace
from datetime import date

import pytest

from posology.knowledge import KnowledgeError, load_library
from posology.treatment.bench import Bench
from tests.sessions import DAY

LIBRARY = load_library()


@pytest.mark.parametrize(
    ("name", "fields", "says"),
    [
        (
            "no_such_step",
            {},
            "The products file has no value 'no_such_step', so nothing can be measured. Add it.",
        ),
        (
            "volume_step",
            {"value": True},
            "The value 'volume_step' of the products file is not a number with a unit. Mend it.",
        ),
        (
            "volume_step",
            {"unit": None},
            "The value 'volume_step' of the products file is not a number with a unit. Mend it.",
        ),
    ],
)
def test_a_bench_that_cannot_measure_stops(name, fields, says):
    products = LIBRARY.products
    value = products.values["volume_step"][date(2000, 1, 1)].model_copy(update=fields)
    values = {**products.values, "volume_step": {date(2000, 1, 1): value}}
    library = replace(LIBRARY, products=products.model_copy(update={"values": values}))
    with pytest.raises(KnowledgeError) as caught:
        Bench(library, DAY).number(name, "mL")
    assert str(caught.value) == says
