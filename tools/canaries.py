"""Write down anew what each answer, code and drug leads to: knowledge/data/background/canaries.yaml.

``python -m tools.canaries`` adds what is new in the knowledge files and says what it added. What stands
there already is never taken out or turned round by it: a canary that does not sing any more is a finding,
not an edit. Where a change was meant, a second reader runs it with ``--forget``.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import yaml

from posology.canary.doors import Input, plain_case, with_input, without
from posology.case import Case
from posology.knowledge import Library, load_library
from posology.knowledge.background import load_background
from posology.knowledge.schema import Rule, RulesFile
from posology.knowledge.schema.canaries import CanariesFile
from posology.protocols import assess
from posology.protocols.eligibility import speaks_of
from tools.canaries_inputs import (
    atc_groups,
    drug_codes,
    drug_texts,
    forms_of,
    holding,
    ketamine_itself,
    observations_of,
    problems_of,
    told,
    unique,
)
from tools.knowledge_manifest import DATA

PLACE = DATA / "background/canaries.yaml"
JURISDICTIONS = ("US", "EU", "UK")
OPAQUE = "Fictiumab 5 MG Oral Tablet"
# The same problem under the other names that code systems go by, and one code below a listed one.
ALSO = ("SNOMED-OID 67362008", "ICD-10 I67.1", "ICD-10-CM I71.90", "ICD-10-CM-OID I67.1")
# The one day on which all canaries are written; the watch asks them on any other.
DAY = datetime(2026, 11, 24, 15, tzinfo=UTC)


# ---------------------------------------------------------------- what each input leads to
@dataclass
class Writer:
    library: Library
    plain: CanariesFile

    def case(self, jurisdiction: str, at: datetime) -> Case:
        return plain_case(self.plain, jurisdiction, self.library, as_of=at)

    def rules(self) -> Iterator[tuple[str, RulesFile, Rule, datetime]]:
        for file in self.library.rules:
            for rule in file.rules:
                ended = rule.in_force_until and rule.in_force_until <= DAY.date()
                at = (
                    datetime.combine(rule.in_force_until - timedelta(days=1), time(15), UTC) if ended else DAY
                )  # type: ignore[operator]
                yield f"{file.id}/{rule.id}", file, rule, at

    def places(self, rule: Rule, at: datetime) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for where in JURISDICTIONS:
            mine = [
                p.id
                for p in self.library.protocols.values()
                if (not p.jurisdictions or where in p.jurisdictions) and speaks_of(rule, p, where, at)
            ]
            if mine:
                found[where] = sorted(mine)
        return found

    def verdicts(self, case: Case, at: datetime) -> dict[str, str]:
        """Return what every rule says of a case, in whichever protocol it speaks."""
        said: dict[str, str] = {}
        for p in self.library.protocols.values():
            if not p.jurisdictions or case.jurisdiction in p.jurisdictions:
                for f in assess(case, p.id, as_of=at, library=self.library).findings:
                    said[f.rule] = f.verdict.value
        return said

    def verdicts_of(self, given: Input, blank: tuple[str, ...]) -> dict[str, str]:
        """Return what every rule says, in any jurisdiction, of the plain patient told one thing more."""
        found: dict[str, str] = {}
        for where in JURISDICTIONS:
            case = with_input(without(self.case(where, DAY), blank), given, self.library, as_of=DAY)
            found |= self.verdicts(case, DAY)
        return dict(sorted(found.items()))

    def makes(self, given: Input, blank: tuple[str, ...] = ()) -> dict[str, str]:
        """Return what changes for the plain patient when one thing more is told."""
        found: dict[str, str] = {}
        for where in JURISDICTIONS:
            plain = without(self.case(where, DAY), blank)
            before = self.verdicts(plain, DAY)
            after = self.verdicts(with_input(plain, given, self.library, as_of=DAY), DAY)
            found |= {rule: after[rule] for rule in after if after[rule] != before[rule]}
        return dict(sorted(found.items()))


def rules_of(writer: Writer) -> dict[str, dict[str, Any]]:
    """Return where each rule speaks, and what the plain patient answers otherwise for it to pass."""
    found = {}
    for name, _, rule, at in writer.rules():
        places = writer.places(rule, at)
        entry: dict[str, Any] = {"level": rule.level.value, "speaks_in": places}
        if rule.in_force_until:
            entry["until"] = rule.in_force_until
        where = next(iter(places))
        case = writer.case(where, at)
        if said(writer, case, places[where][0], name, at) != "pass":
            beside = {"acute_suicidality": "yes"}
            other = with_input(case, Input("answers", beside), writer.library, as_of=at)
            assert said(writer, other, places[where][0], name, at) == "pass", name
            entry["beside"] = beside
        found[name] = entry
    return found


def said(writer: Writer, case: Case, protocol: str, rule: str, at: datetime) -> str:
    findings = assess(case, protocol, as_of=at, library=writer.library).findings
    return next(f.verdict.value for f in findings if f.rule == rule)


def by_answers(writer: Writer) -> Iterator[dict[str, Any]]:
    """Yield one canary a rule: each way in which its condition can hold."""
    for name, file, rule, at in writer.rules():
        ways = [w for w in holding(rule.when, writer.library, file, at) if "medications" not in w]
        stale = [
            w
            for w in ways
            if any(isinstance(v, dict) and v.get("hours_ago", 0) != 216 and "value" in v for v in w.values())
        ]
        fresh = [w for w in ways if w not in stale]
        if fresh:
            yield {"makes": {name: rule.level.value}, "answers": fresh}
        for way in stale:
            yield {"makes": {name: rule.level.value}, "blank": sorted(way), "answers": [way]}


def grouped(
    writer: Writer, door: str, told: Iterable[tuple[str, tuple[str, ...]]]
) -> Iterator[dict[str, Any]]:
    """Yield a canary for each set of inputs of one door that lead to the same."""
    together: dict[Any, list[str]] = defaultdict(list)
    for one, keys in told:
        # One that lets a rule pass is asked of a patient who left the question open; one that answers
        # several questions, of patients who left one of them open each.
        heard = writer.makes(Input(door, one))
        asked: dict[tuple[str, ...], dict[str, str]] = {(): heard} if heard else {}
        for key in keys if not heard or len(keys) > 1 else ():
            asked[(key,)] = writer.makes(Input(door, one), (key,))
        for blank, makes in asked.items():
            if makes:
                together[(tuple(makes.items()), blank)].append(one)
        if not any(asked.values()):
            print(f"no rule hears of {door} {one}")
    for (made, blank), inputs in together.items():
        yield {"makes": dict(made), **({"blank": list(blank)} if blank else {}), door: inputs}


def drugs_read(
    writer: Writer, door: str, told: Iterable[tuple[str, tuple[str, ...]]]
) -> Iterator[dict[str, Any]]:
    """Yield the canaries of drugs; one of which no rule speaks still has to be read, so that it passes."""
    unlisted = next(name for name, _, rule, _ in writer.rules() if rule.when.unlisted_drug)
    together: dict[Any, list[str]] = defaultdict(list)
    for one, _ in told:
        makes = writer.makes(Input(door, one))
        if unlisted in makes:
            print(f"not read: {door} {one}")
            continue
        together[tuple({**makes, unlisted: "pass"}.items())].append(one)
    for made, inputs in together.items():
        yield {"makes": dict(made), door: inputs}


def canaries_of(writer: Writer) -> Iterator[dict[str, Any]]:
    library = writer.library
    yield from by_answers(writer)
    yield from too_old(writer)
    yield from still_true(writer)
    yield from of_one_question(writer)
    problems = list(problems_of(library))
    seen = dict.fromkeys((code, keys) for code, keys, _ in problems)
    yield from grouped(writer, "problems", unique([*seen, *((one, ("aneurysm_or_avm",)) for one in ALSO)]))
    yield from grouped(writer, "past_problems", unique([(c, k) for c, k, ever in problems if ever]))
    others = [("LOINC-OID 8480-6 = 141 mm[Hg]", ("systolic",))]
    yield from grouped(writer, "observations", [*observations_of(library), *others])
    yield from pregnancies(writer)
    yield from grouped(writer, "allergies", ketamine_itself(library))
    yield from grouped(writer, "intolerances", ketamine_itself(library))
    yield from drugs_read(writer, "drugs", drug_texts(library))
    yield from drugs_read(writer, "coded_drugs", [*drug_codes(library), ("RxNorm-OID 6470", ())])
    yield from grouped(writer, "coded_drugs", atc_groups(library))
    yield from grouped(writer, "drugs", [(OPAQUE, ())])


def of_one_question(writer: Writer) -> Iterator[dict[str, Any]]:
    """Yield the canaries of codes that answer several questions: each question has to hear of it.

    Somebody whose problem list says *pregnant* could be pregnant; so the questions that follow are open.
    """
    codes = [code for code, keys, _ in problems_of(writer.library) if keys == ("can_be_pregnant",)]
    blank = ("pregnant", "breastfeeding")
    for code in codes:
        makes = writer.makes(Input("problems", code), blank)
        yield {"makes": makes, "blank": list(blank), "problems": [code]}


# Answers without which a question matters to no rule, and questions that make up for it.
BESIDE = {
    "pregnant": {"can_be_pregnant": "yes"},
    "breastfeeding": {"can_be_pregnant": "yes"},
    "falls_risk": {"born_on": "70 years"},
}
INSTEAD = {"can_be_pregnant": ("pregnant", "breastfeeding")}


def too_old(writer: Writer) -> Iterator[dict[str, Any]]:
    """Yield for each question the plain answer, a day too old: what reads it cannot say."""
    for key, question in writer.library.questions.questions.items():
        if question.good_for_days is None:
            continue
        hours = question.good_for_days * 24 + 24
        old = {**BESIDE.get(key, {}), key: {"value": writer.plain.plain[key], "hours_ago": hours}}
        blank = (key, *INSTEAD.get(key, ()))
        said = writer.verdicts_of(told(old), blank)
        new = {**old, key: writer.plain.plain[key]}
        fresh = writer.verdicts_of(told(new), blank)
        makes = {rule: v for rule, v in said.items() if v == "cannot say" != fresh[rule]}
        if makes:
            yield {"makes": makes, "blank": list(blank), "answers": [old]}
            yield {"makes": {rule: fresh[rule] for rule in makes}, "blank": list(blank), "answers": [new]}
        else:
            print(f"no rule misses {key}")


def still_true(writer: Writer) -> Iterator[dict[str, Any]]:
    """Yield for each question of what ever was an old *yes*: it does not grow old."""
    usual = writer.verdicts_of(told({}), ())
    for key, question in writer.library.questions.questions.items():
        if question.ever and question.good_for_days is not None:
            old = {key: {"value": "yes", "hours_ago": (question.good_for_days + 10) * 24}}
            said = writer.verdicts_of(told(old), (key,))
            makes = {r: v for r, v in said.items() if v not in {"pass", "cannot say", usual[r]}}
            yield {"makes": makes, "blank": [key], "answers": [old]}


def pregnancies(writer: Writer) -> Iterator[dict[str, Any]]:
    """Yield the canaries of pregnancy, asked of somebody who could be pregnant and has not said."""
    told = ("82810-3 77386006", "82810-3 72892002", "2106-3 Positive", "2118-8 Positive")
    yield from grouped(writer, "pregnancies", [(one, ("pregnant",)) for one in told])


# ---------------------------------------------------------------- the file
def lines_of(file: CanariesFile) -> set[tuple[str, str]]:
    """Return everything the file says, one thing a line, so that two files can be held together."""
    said = {("plain", f"{key}: {value}") for key, value in file.plain.items()}
    for rule, where in file.rules.items():
        said |= {(rule, f"speaks in {p} ({j})") for j, ps in where.speaks_in.items() for p in ps}
    for canary in file.canaries:
        for rule, verdict in canary.makes.items():
            for door in type(canary).model_fields:
                if door not in {"makes", "blank"}:
                    said |= {(rule, f"{door} {one}: {verdict}") for one in getattr(canary, door)}
    for name, form in file.forms.items():
        said |= {(name, f"item {i} {code}") for i, code in enumerate(form.items)}
        said |= {(name, f"answer {code}: {n}") for code, n in form.answers.items()}
    return said


def build(old: CanariesFile, library: Library) -> dict[str, Any]:
    writer = Writer(library, old)
    head = old.model_dump(include={"id", "kind", "title", "status", "version", "authored_by", "reviewed_by",
                                   "last_review_date", "review_due", "age", "sex"})  # fmt: skip
    plain = old.model_dump(include={"plain"}, exclude_none=True, exclude_defaults=True)["plain"]
    return {
        **head,
        "plain": plain,
        "rules": rules_of(writer),
        "canaries": list(canaries_of(writer)),
        "forms": forms_of(library),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--forget", action="store_true", help="also take out what does not hold any more")
    forget = parser.parse_args().forget
    old = load_background().canaries
    data = build(old, load_library())
    new = CanariesFile.model_validate(data)
    added, lost = lines_of(new) - lines_of(old), lines_of(old) - lines_of(new)
    for rule, line in sorted(added):
        print(f"+ {rule}: {line}")
    for rule, line in sorted(lost):
        print(f"- {rule}: {line}")
    if lost and not forget:
        print("Something fell silent; nothing was written. Where that was meant, run it with --forget.")
        return 1
    comment = (
        "# What each answer, code and drug leads to, written down apart from the files that lead there.\n"
        "# `posology check-knowledge --canaries` asks it every night; tools/canaries.py adds to it.\n"
    )
    PLACE.write_text(
        comment
        + yaml.safe_dump(data, sort_keys=False, width=110, allow_unicode=True, default_flow_style=None)
    )
    print(f"{len(added)} added, {len(lost)} taken out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
