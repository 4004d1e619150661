"""The command line: ``posology recommend | simulate | score | worksheet | check-knowledge | serve`` and more.

Nothing heavy is imported until a command needs it, so that ``posology --help`` answers at once; Django
is never imported here, ``serve`` and ``demo`` become another process. A refusal is one sentence on the
error stream and exit code 2.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

app = typer.Typer(
    name="posology",
    help="Supervised ketamine and esketamine treatment of depression. It never replaces a clinician.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON instead of a page.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="The moment of the decision, 2026-11-24T09:00:00+00:00; a day alone means its end in UTC.",
    ),
]
Jurisdiction = Annotated[
    str | None,
    typer.Option(help="Whose labels and law apply: US, EU or UK. For a record of FHIR, US if left out."),
]
CasePath = Annotated[
    Path, typer.Argument(metavar="CASE", help="A case file (.yaml) or a FHIR Bundle (.json, .json.gz).")
]


def _tell_version(asked: bool) -> None:
    if asked:
        from posology import __version__

        print(f"posology {__version__}")
        raise typer.Exit


@app.callback()
def posology(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which version it is."),
    ] = False,
) -> None:
    """Supervised ketamine and esketamine treatment of depression. It never replaces a clinician."""


@app.command()
def recommend(
    case: CasePath,
    as_of: AsOf = None,
    jurisdiction: Jurisdiction = None,
    protocol: Annotated[
        list[str] | None, typer.Option(help="Only this protocol; may be given several times.")
    ] = None,
    curves: Annotated[
        bool, typer.Option("--curves", help="Add the planned curve of each option, with its band.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say how much, how often, and whether it works: verdicts, options, sums, dates, sources."""
    from posology.cli.recommending import run_recommend

    code = run_recommend(
        case, as_of, jurisdiction, tuple(protocol or ()), as_json=as_json, with_curves=curves
    )
    raise typer.Exit(code)


@app.command()
def score(
    instrument: Annotated[str, typer.Argument(help="phq-9 or gad-7")],
    answers: Annotated[
        str, typer.Argument(help="The answers in the order of the form, 1,2,3; a dash for one not answered.")
    ],
    as_json: AsJson = False,
) -> None:
    """Score a completed instrument."""
    from posology.cli.scoring import run_score

    run_score(instrument, answers, as_json=as_json)


@app.command()
def worksheet(
    case: CasePath,
    option: Annotated[str, typer.Option(help="The option's id, as recommend prints it.")],
    product: Annotated[str, typer.Option(help="The product in the hand, such as ketamine-50.")],
    final_volume: Annotated[
        str | None, typer.Option(help="The volume after dilution, such as '50 mL'; for infusions.")
    ] = None,
    as_of: AsOf = None,
    jurisdiction: Jurisdiction = None,
    as_json: AsJson = False,
) -> None:
    """Work out how the dose of one option is prepared from one product."""
    from posology.cli.worksheets import run_worksheet

    run_worksheet(case, option, product, final_volume, as_of, jurisdiction, as_json=as_json)


@app.command()
def simulate(
    substance: Annotated[str, typer.Option(help="ketamine (racemic) or esketamine.")],
    route: Annotated[
        str, typer.Option(help="intravenous, intramuscular, subcutaneous, nasal, oral or sublingual.")
    ],
    case: Annotated[
        Path | None,
        typer.Argument(metavar="[CASE]", help="A case file or a FHIR Bundle, for weight, age and the rest."),
    ] = None,
    dose_mg: Annotated[str | None, typer.Option(help="The dose of a session in all, mg of base.")] = None,
    dose_mg_per_kg: Annotated[str | None, typer.Option(help="The dose in mg/kg instead.")] = None,
    minutes: Annotated[str | None, typer.Option(help="How long the infusion takes.")] = None,
    devices: Annotated[str | None, typer.Option(help="How many nasal devices share the dose.")] = None,
    rest_minutes: Annotated[str | None, typer.Option(help="From one device to the next.")] = None,
    sessions_h: Annotated[
        str | None, typer.Option(help="Hours at which the dose is given, such as 0,72,168.")
    ] = None,
    weight_kg: Annotated[str | None, typer.Option(help="Weight, kg.")] = None,
    age: Annotated[str | None, typer.Option(help="Age, years.")] = None,
    child_pugh: Annotated[str | None, typer.Option(help="Liver: none, A, B or C.")] = None,
    drug: Annotated[
        list[str] | None, typer.Option(help="A drug that changes the curve; may be given several times.")
    ] = None,
    pregnant: Annotated[bool | None, typer.Option(help="Whether the patient is pregnant.")] = None,
    dialysis: Annotated[bool | None, typer.Option(help="Whether the patient is on dialysis.")] = None,
    intensive_care: Annotated[bool | None, typer.Option(help="Whether in intensive care.")] = None,
    study_population: Annotated[
        str | None, typer.Option(help="asian or japanese, as the studies' groups; never by itself.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model by its id, not the primary one.")] = None,
    beside: Annotated[str | None, typer.Option(help="A model by its id as the second opinion.")] = None,
    second_opinion: Annotated[bool, typer.Option(help="Draw another model of the same site.")] = True,
    until_h: Annotated[str | None, typer.Option(help="How far to look, h from the first dose.")] = None,
    members: Annotated[str, typer.Option(help="Persons of the band; 0 for none.")] = "1000",
    seed: Annotated[str | None, typer.Option(help="Where the random numbers begin.")] = None,
    as_of: AsOf = None,
    jurisdiction: Jurisdiction = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the curve for a spreadsheet.")] = False,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the curve as a picture for a letter.")
    ] = None,
) -> None:
    """Draw the planned curve of a dose with its band; it sets no dose and waives no measurement."""
    from posology.cli.simulate import Asked, run_simulate

    asked = Asked(
        substance=substance, route=route, dose_mg=dose_mg, dose_mg_per_kg=dose_mg_per_kg, minutes=minutes,
        devices=devices, rest_minutes=rest_minutes, sessions_h=sessions_h, weight_kg=weight_kg, age=age,
        child_pugh=child_pugh, drugs=tuple(drug or ()), pregnant=pregnant, dialysis=dialysis,
        intensive_care=intensive_care, study_population=study_population, model=model, beside=beside,
        second_opinion=second_opinion, until_h=until_h, members=members, seed=seed,
    )  # fmt: skip
    run_simulate(asked, case, as_of, jurisdiction, as_json=as_json, as_csv=as_csv, svg=svg)


@app.command()
def cohort(
    out: Annotated[Path, typer.Option(metavar="FILE.parquet", help="The file to write, or a folder for it.")],
    study: Annotated[
        Path | None,
        typer.Argument(metavar="[STUDY]", help="A study file (.yaml or .json); options stand in."),
    ] = None,
    substance: Annotated[str | None, typer.Option(help="ketamine (racemic) or esketamine.")] = None,
    route: Annotated[str | None, typer.Option(help="intravenous, intramuscular, nasal and so on.")] = None,
    model: Annotated[str | None, typer.Option(help="A model by its id, not the primary one.")] = None,
    dose_mg: Annotated[str | None, typer.Option(help="The dose of a session in all, mg of base.")] = None,
    dose_mg_per_kg: Annotated[str | None, typer.Option(help="The dose by each member's own weight.")] = None,
    minutes: Annotated[str | None, typer.Option(help="How long the infusion takes.")] = None,
    devices: Annotated[str | None, typer.Option(help="How many nasal devices share the dose.")] = None,
    rest_minutes: Annotated[str | None, typer.Option(help="From one device to the next.")] = None,
    sessions_days: Annotated[str | None, typer.Option(help="Days of the sessions, 0,3,7,10,14,17.")] = None,
    weights: Annotated[
        str | None, typer.Option(help="One weight, kg, or mean=78,sd=15,low=45,high=120.")
    ] = None,
    ages: Annotated[str | None, typer.Option(help="One age, years, or low=18,high=75.")] = None,
    level: Annotated[
        list[str] | None, typer.Option(help="Count hours above it: ketamine=100 (ng/mL); several times.")
    ] = None,
    members: Annotated[str | None, typer.Option(help="How many virtual persons.")] = None,
    seed: Annotated[str | None, typer.Option(help="Where the random numbers begin.")] = None,
    workers: Annotated[int, typer.Option(help="Processes on this machine.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a running Dask scheduler, such as tcp://10.0.0.5:8786.")
    ] = None,
    tls_ca: Annotated[
        Path | None, typer.Option(help="Its certificate authority, for tls:// addresses.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="The certificate of this side.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The key of this side.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a virtual cohort of any size to a Parquet file; given again, it goes on where it was stopped."""
    from posology.cli.cohort_threads import pin_threads

    pin_threads()  # before the array library is loaded, which reads it once
    from posology.cli.cohort import Runner, run_cohort

    options = dict(
        substance=substance, route=route, model=model, dose_mg=dose_mg, dose_mg_per_kg=dose_mg_per_kg,
        minutes=minutes, devices=devices, rest_minutes=rest_minutes, sessions_days=sessions_days,
        weights_kg=weights, ages_years=ages, levels_ng_per_mL=level, members=members, seed=seed,
    )  # fmt: skip
    runner = Runner(workers, scheduler, tls_ca, tls_cert, tls_key)
    raise typer.Exit(run_cohort(study, options, out, runner, as_json=as_json))


@app.command("check-knowledge")
def check_knowledge(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="A folder of knowledge files, or a site's own protocol; those of the package if left out."
        ),
    ] = None,
    as_of: AsOf = None,
    coverage: Annotated[
        bool,
        typer.Option("--coverage", help="List every fact of the sheets, and where it stands or why not."),
    ] = False,
    canaries: Annotated[
        bool,
        typer.Option("--canaries", help="Ask every rule of synthetic patients; run it every night."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the knowledge files, and list their versions, reviews and how sure their facts are."""
    if coverage:
        from posology.cli.coverage import run_coverage

        raise typer.Exit(run_coverage(folder, as_json=as_json))
    if canaries:
        from posology.cli.canaries import run_canaries

        raise typer.Exit(run_canaries(folder, as_of, as_json=as_json))
    from posology.cli.knowledge import run_check

    run_check(folder, as_of, as_json=as_json)


@app.command()
def explain(
    asked: Annotated[
        str, typer.Argument(metavar="ID", help="A fact (PR-IV-01), a rule (heart-rate) or a source (SPR-US).")
    ],
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Follow a fact, a rule or a source down to the documents, and up to where it is used."""
    from posology.cli.explaining import run_explain

    run_explain(asked, as_of, as_json=as_json)


@app.command()
def questions(as_json: AsJson = False) -> None:
    """List the questions of the assessment, as a case file names them."""
    from posology.cli.knowledge import run_questions

    run_questions(as_json=as_json)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def serve(context: typer.Context) -> None:
    """Serve the clinic application from this machine."""
    _become("serve", context.args)


monitor_app = typer.Typer(help="Bedside monitors.", no_args_is_help=True)
app.add_typer(monitor_app, name="monitor")


@monitor_app.callback()
def _monitor() -> None:
    """Bedside monitors: what they send is shown, and confirmed by a person before it counts."""


@monitor_app.command("listen", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def monitor_listen(context: typer.Context) -> None:
    """Listen for bedside monitors: HL7 v2 (ORU^R01) over MLLP, at 127.0.0.1:2575 unless told otherwise."""
    _become("monitor-listen", context.args)


@app.command()
def demo(
    reset: Annotated[bool, typer.Option("--reset", help="Start over.")] = False,
    port: Annotated[int | None, typer.Option(help="The port to serve at.", min=1, max=65535)] = None,
) -> None:
    """Bring up a synthetic clinic at a local address; synthetic patients only."""
    _become("demo", [*(["--reset"] if reset else []), *(["--port", str(port)] if port else [])])


def _become(command: str, words: list[str]) -> NoReturn:
    """Become the server's process, so that nothing of it is loaded for the other commands."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "posology.server", command, *words])  # noqa: S606


def run() -> NoReturn:
    """Run the command line; the entry point of the package."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # a terminal without × or ≥ shows something, and goes on
    from posology.cli.words import safe
    from posology.quantities import DomainError

    try:
        app()
    except DomainError as refusal:
        print(safe(str(refusal)), file=sys.stderr)
        sys.exit(2)
    except Exception as fault:
        if os.environ.get("POSOLOGY_DEBUG"):
            raise
        print(
            f"Posology has a fault of its own ({type(fault).__name__}) and gives no answer. "
            "Run it again with POSOLOGY_DEBUG=1, and report what it shows.",
            file=sys.stderr,
        )
        sys.exit(1)
    sys.exit(0)
