"""``posology check-knowledge`` of one file: a site's own protocol, as the pages would judge it."""

from pathlib import Path

from posology.knowledge import load_library
from posology.knowledge.writing import write_protocol
from tests.command_line import refused


def written(tmp_path, **changes) -> Path:
    base = load_library().protocols["ketamine-iv"]
    file = base.model_copy(update={"id": "north-ketamine-iv", "based_on": "ketamine-iv", **changes})
    path = tmp_path / "north-ketamine-iv.yaml"
    path.write_text(write_protocol(file), encoding="utf-8")
    return path


def test_a_site_s_file_is_listed_beside_those_of_the_package(posology, tmp_path):
    result = posology("check-knowledge", written(tmp_path), "--json")
    assert result.code == 0
    assert {"north-ketamine-iv", "ketamine-iv"} <= {row["id"] for row in result.data["files"]}


def test_a_broken_site_s_file_is_refused_with_every_fault(posology, tmp_path):
    base = load_library().protocols["ketamine-iv"]
    looser = base.discharge.model_copy(update={"minimum_min": 1, "criteria": {}})
    result = posology("check-knowledge", written(tmp_path, discharge=looser))
    refused(result, "The shortest stay is 1", "A responsible adult is here", "Put it back")


def test_a_file_that_says_not_what_it_is_based_on_is_refused(posology, tmp_path):
    refused(posology("check-knowledge", written(tmp_path, based_on=None)), "Write based_on")
    path = tmp_path / "other.yaml"
    path.write_bytes(b"\xff\xfe")
    refused(posology("check-knowledge", path), "not UTF-8")
