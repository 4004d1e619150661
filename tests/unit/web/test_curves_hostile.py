"""A title, a note and a name that would be a script stay words on the page of a curve."""

import pytest
from django.template.loader import render_to_string

from posology.web.curves.picture import Entry, Mark, Path, Picture
from posology.web.curves.view_models import Figure
from tests.unit.web.rendered import Page

HOSTILE = ['<script>alert("x")</script>', "\" onload='alert(1)' x=\"", "</li><img src=x onerror=alert(1)>"]


def picture(text):
    return Picture(
        id="curve-1", told=text, unit=text, axis=text, height=150, paths=(Path("M0 0L1 1", "middle"),),
        up=(Mark("0", "1", text),), across=(Mark("0", "1", text),), doses=(Mark("0", "1"),),
        key=(Entry("middle", text),),
    )  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_written_becomes_a_tag(text):
    plain, hostile = (
        Page(
            render_to_string(
                "curves/figure.html",
                {
                    "figure": Figure(
                        one, picture(one), says=(one,), notes=(one,), model_id="a-model", model_name=one,
                        site=one, sub=one,
                    )
                },
            )
        )
        for one in ("words", text)
    )  # fmt: skip
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert [set(attrs) for _, attrs in hostile.tags] == [set(attrs) for _, attrs in plain.tags]
    assert hostile.words.count(text) >= 5


@pytest.mark.parametrize("text", HOSTILE)
def test_a_refusal_stays_a_sentence(text):
    shown = Page(render_to_string("curves/figure.html", {"figure": Figure(text, None, refused=text)}))
    assert not {"script", "img"} & {tag for tag, _ in shown.tags}
    assert text in shown.words
