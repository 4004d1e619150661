"""One device is one device, and two are devices, wherever a dose is told."""

from datetime import UTC, date
from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console

from posology.cli.option_page import print_option
from posology.knowledge import load_library
from posology.recommendation import Option, recommend
from posology.web.options.order_text import sentence_of_option
from tests.cases import NOW, complete_case

LIBRARY = load_library()
BOTH = pytest.mark.parametrize(("born", "told"), [(1951, "1 device"), (1981, "2 devices")])


def first_dose(born: int) -> Option:
    """Return the first dose in Europe: 28 mg from 65 years on, 56 mg before."""
    case = complete_case(jurisdiction="EU", born_on=date(born, 3, 14))
    return recommend(case, as_of=NOW, protocols=("esketamine-nasal-eu",)).options[0]


@BOTH
def test_the_sum_and_the_page_count_the_devices(born, told):
    option, out = first_dose(born), StringIO()
    print_option(Console(width=200, file=out), 1, option, NOW, LIBRARY)
    assert option.dose.steps[0].expression == f"{told} × 28\u00a0mg"
    assert any(line.strip().endswith(f", in {told}") for line in out.getvalue().splitlines())


@BOTH
def test_the_sentence_that_is_signed_counts_the_devices(born, told):
    patient = SimpleNamespace(born_on=date(born, 3, 14), identifier="MRN-1")
    sentence = sentence_of_option(first_dose(born), patient, product_id="esketamine-device-28", zone=UTC)
    words = sentence.replace("\u00a0", " ")
    assert f", as {told}{' one after the other' if told.endswith('s') else ','}" in words
    assert "1 devices" not in words
