"""A case or a record in, the page a clinician reads or the JSON a script reads out."""

import gzip
import json

from tests.command_line import AS_OF, CASES, RECORDS, SUPPORTS


def test_a_case_gets_its_page(posology):
    result = posology("recommend", CASES / "start-intravenous.yaml")
    assert (result.code, result.err) == (0, "")
    for words in (
        "Synthetic, Ada; first infusion",
        "Born 14-Mar-1981 (45 y)",
        "Weight 72 kg (158.7 lb), 24-Nov-2026, 1 h ago",
        "✓ PASS Intravenous racemic ketamine",
        "DOSE 36 mg ketamine, intravenous, over 40 min",
        "Sum 0.5 mg/kg × 72 kg = 36 mg 36 mg ÷ 40 min = 0.9 mg/min",
        "24-Nov-2026, 27-Nov-2026, 01-Dec-2026",
        "For 0.5 mg/kg over 40 minutes is the dose studied most. MURR13A [V]",
        "Against Off-label",
        "None of these",
        SUPPORTS,
    ):
        assert words in result.words


def test_stops_come_before_holds_and_the_questions(posology):
    page = posology("recommend", RECORDS / "boris-aneurysm.json", "--as-of", AS_OF).out
    places = [
        page.index(words) for words in ("Stops ─", "Holds ─", "Cannot say yet:", "Options ─", "Sources ─")
    ]
    assert places == sorted(places)


def test_what_several_protocols_say_alike_stands_once(posology):
    page = posology("recommend", CASES / "hold-unknown-drug.yaml").out
    assert page.split("Options ─")[0].count("Drugs that could not be checked") == 1


def test_a_record_says_what_was_understood_and_what_was_not(posology):
    result = posology("recommend", RECORDS / "ada-depression.json", "--as-of", AS_OF)
    assert result.code == 0
    for words in (
        "Weight 72.5 kg (and 1 earlier) 20-Nov-2026, 4 days ago",
        "Drug lorazepam 1 MG Oral Tablet, active (lorazepam)",
        "PHQ-9 18, moderately severe",
        "Acute viral pharyngitis (SNOMED CT 195662009, resolved)",
        "2 resources answer no question here and were left aside: 1 Claim, 1 Encounter.",
        "⚑ FLAG Item 9 was answered with 1.",
        "answers are needed",
        "No option is proposed.",
    ):
        assert words in result.words


def test_a_packed_record_reads_the_same(posology, tmp_path):
    packed = tmp_path / "ada.json.gz"
    packed.write_bytes(gzip.compress((RECORDS / "ada-depression.json").read_bytes()))
    plain = posology("recommend", RECORDS / "ada-depression.json", "--as-of", AS_OF)
    assert posology("recommend", packed, "--as-of", AS_OF).out == plain.out


def test_what_could_not_be_read_is_on_the_page_and_in_the_exit_code(posology):
    result = posology("recommend", RECORDS / "dimitri-unreadable.json", "--as-of", AS_OF)
    assert result.code == 2
    assert "Weight: not known" in result.words
    assert "The weight: 'lbs' is not a UCUM code that is read here" in result.words
    assert len(result.err.strip().splitlines()) == 1
    assert "Not all of the record could be read." in result.err
    assert "(1 more on the page)" in result.err


def test_json_holds_everything_the_page_stands_on(posology):
    result = posology("recommend", CASES / "start-intravenous.yaml", "--json")
    data = result.data
    assert data["supports"] == SUPPORTS
    assert data["advice"]["verdict"] == "pass"
    option = next(o for o in data["advice"]["options"] if o["id"] == "ketamine-iv/start/0.5/40")
    assert (option["dose"]["dose_mg"], option["dose"]["level"], option["dose"]["weight"]["kg"]) == (
        "36",
        "0.5",
        "72",
    )
    assert option["visits"][1]["on"] == "2026-11-27"
    assert option["for"][0]["citations"][0]["source"] in data["sources"]
    findings = [f for p in data["advice"]["protocols"] for f in p["report"]["findings"]]
    assert all(f["citations"] and f["severity"] in {"info", "warning", "critical"} for f in findings)
    assert {c["source"] for f in findings for c in f["citations"]} <= data["sources"].keys()
    assert all(len(stamp["sha256"]) == 64 for stamp in data["advice"]["knowledge"])


def test_json_holds_no_float_and_is_the_same_twice(posology):
    first = posology("recommend", RECORDS / "ada-depression.json", "--as-of", AS_OF, "--json")
    assert first.out == posology("recommend", RECORDS / "ada-depression.json", "--as-of", AS_OF, "--json").out

    def no_float(text: str) -> None:
        raise AssertionError(f"{text} is written as a float")

    json.loads(first.out, parse_float=no_float)
    assert first.data["record"]["patient"]["names"] == ["Synthetic, Ada"]
    assert first.out.isascii()


def test_only_the_protocols_asked_for_are_judged(posology):
    data = posology("recommend", CASES / "start-intravenous.yaml", "--json", "--protocol", "ketamine-im").data
    assert [p["report"]["protocol_id"] for p in data["advice"]["protocols"]] == ["ketamine-im"]


def test_another_jurisdiction_has_other_protocols(posology):
    data = posology("recommend", CASES / "start-nasal.yaml", "--json", "--jurisdiction", "EU").data
    assert "esketamine-nasal-eu" in {p["report"]["protocol_id"] for p in data["advice"]["protocols"]}


def test_a_day_alone_means_its_end(posology):
    data = posology("recommend", CASES / "start-nasal.yaml", "--json", "--as-of", "2026-11-24").data
    assert data["advice"]["as_of"] == "2026-11-24T23:59:59+00:00"


def test_what_has_no_room_among_the_options_is_named_with_how_to_ask_for_it(posology):
    """In acute suicidality six protocols have five places; the sixth is one flag away."""
    case = CASES / "acute-america.yaml"
    whole = posology("recommend", case).words
    assert "Also possible, not shown for want of room: " in whole
    assert "Subcutaneous racemic ketamine, start 0.5 mg/kg. Ask for it by protocol:" in whole
    asked = posology("recommend", case, "--protocol", "ketamine-sc").words
    assert "ketamine-sc/start/0.5" in asked and "Also possible" not in asked
    told = json.loads(posology("recommend", case, "--json").out)
    assert "ketamine-sc/start/0.5" in told["also_possible"]


def test_where_no_dose_keeps_the_interval_the_page_says_so_and_until_when(posology):
    page = posology("recommend", CASES / "start-a-day-after-elsewhere.yaml").words
    assert "▲ HOLD Intravenous racemic ketamine" in page and "✓ PASS" not in page
    assert "The earliest moment is 2026-11-25 15:00 UTC." in page


def test_the_curves_of_the_options_stand_on_the_page_when_asked_for(posology):
    case = CASES / "start-intravenous.yaml"
    result = posology("recommend", case, "--curves")
    assert result.code == 0
    for words in (
        "Planned curves",
        "The band is of a population, not of this patient.",
        "min typical middle 80 % middle 95 %",
        "Typical peak 160 ng/mL at 40 min after the start",
        "Second opinion Clements 1981",
    ):
        assert words in result.words
    assert "Planned curves" not in posology("recommend", case).words


def test_the_curves_in_json_are_numbers_with_their_units(posology):
    data = posology("recommend", CASES / "start-intravenous.yaml", "--curves", "--json").data
    told = {one["option"]: one for one in data["curves"]}
    assert set(told) == {option["id"] for option in data["advice"]["options"]}
    one = told["ketamine-iv/start/0.5/40"]
    assert round(one["tmax_h"] * 60, 3) == 40
    at_40 = next(look for look in one["looks"] if look["t_min"] == 40)
    low, high = at_40["middle_95_ng_per_mL"]
    assert low < at_40["typical_ng_per_mL"] == one["Cmax_ng_per_mL"] < high
    assert "curves" not in posology("recommend", CASES / "start-intravenous.yaml", "--json").data
