"""``posology cohort``: a virtual cohort of any size, on one core, on all of them, or on a Dask cluster.

The file it writes is the same to the last byte in each case. A run that was stopped, by a key, a power cut
or a killed worker, goes on where it was when the same command is given again.
"""

import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from posology.cli.cohort_asked import StudyRefused, levels_of_options, read_file, spread_of_option, study_of
from posology.cli.cohort_pieces import Pieces
from posology.cli.cohort_run import Crew, DaskCluster, OneProcess, Processes, Stopped
from posology.cli.cohort_work import work
from posology.pharmacology.cohorts import Study, Summary, prepare
from posology.quantities import read_number

_MOST_WORKERS = 512


@dataclass(frozen=True, slots=True)
class Runner:
    """Where the pieces are to be run, as the command line was given it."""

    workers: int = 1
    scheduler: str | None = None
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


def run_cohort(
    file: Path | None, options: Mapping[str, Any], out: Path, runner: Runner, *, as_json: bool
) -> int:
    """Run a study to its file, print its summary, and return the exit code.

    Raises
    ------
    DomainError
        With one sentence; whatever was finished is kept.
    """
    crew = _crew(runner)
    study = study_of({**(read_file(file) if file else {}), **given_options(options)})
    prepare(study)
    place = _place(out, study)
    pieces = Pieces(place.with_name(f"{place.name}.pieces"), study)
    with pieces.held():
        try:
            _run(pieces, crew)
        except KeyboardInterrupt:
            left = len(pieces.missing())
            print(
                f"Stopped. {study.pieces - left} of {study.pieces} pieces are kept in {pieces.folder}; the "
                "same command goes on from there.",
                file=sys.stderr,
            )
            return 130
        from posology.cli.cohort_parquet import join, sha256_of

        summary = join(pieces, place)
        pieces.remove()
    _show(study, summary, place, sha256_of(place), as_json=as_json)
    return 0


def given_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as a study file would hold them."""
    found: dict[str, Any] = {key: value for key, value in options.items() if value not in (None, [])}
    for key, what in (("weights_kg", "weight in kg"), ("ages_years", "age in years")):
        if key in found:
            found[key] = spread_of_option(found[key], what)
    if "levels_ng_per_mL" in found:
        found["levels_ng_per_mL"] = levels_of_options(found["levels_ng_per_mL"])
    if "sessions_days" in found:
        found["sessions_days"] = [
            read_number(one, what="day of a session") for one in found["sessions_days"].split(",")
        ]
    for key in ("dose_mg", "dose_mg_per_kg", "minutes", "devices", "rest_minutes", "members", "seed"):
        if key in found:
            found[key] = read_number(str(found[key]), what=key)
    # A dose of the command stands in for that of the file, whichever way the file tells it.
    if "dose_mg" in found:
        found.setdefault("dose_mg_per_kg", None)
    elif "dose_mg_per_kg" in found:
        found["dose_mg"] = None
    return found


def _crew(runner: Runner) -> Crew:
    """Return who runs the pieces, or say what is missing for it."""
    _need("pyarrow", "a Parquet file is written")
    if not 1 <= runner.workers <= _MOST_WORKERS:
        raise StudyRefused(f"{runner.workers} workers cannot be started. Give 1 to {_MOST_WORKERS}.")
    tls = (runner.tls_ca, runner.tls_cert, runner.tls_key)
    if runner.scheduler is None:
        if any(tls):
            raise StudyRefused(
                "Certificates were given without --scheduler. Give its address, or leave them out."
            )
        return OneProcess() if runner.workers == 1 else Processes(runner.workers)
    if runner.workers != 1:
        raise StudyRefused("--workers and --scheduler were given together. Give one of them.")
    _need("distributed", "a Dask cluster is asked")
    _check_certificates(runner.scheduler, tls)
    return DaskCluster(runner.scheduler, *(None if one is None else str(one) for one in tls))


def _check_certificates(scheduler: str, tls: tuple[Path | None, ...]) -> None:
    """Refuse an address that asks for certificates without them, and certificates that nobody reads."""
    if scheduler.startswith("tls://") != all(tls) or any(tls) != all(tls):
        raise StudyRefused(
            f"{scheduler[:80]} and its certificates do not fit. Give --tls-ca, --tls-cert and --tls-key with "
            "a tls:// address, and none of them with tcp://."
        )
    for path in tls:
        if path is not None and not path.is_file():
            raise StudyRefused(f"{path}: there is no such file. Check the name of the certificate.")


def _need(module: str, what: str) -> None:
    if find_spec(module) is None:
        raise StudyRefused(
            f"Here {what}, which needs the package {module}, and it is not installed. Install it with: "
            "pip install posology[research]"
        )


def _place(out: Path, study: Study) -> Path:
    """Return the file to write: the one named, or one named after the study in the folder named."""
    place = out if out.suffix == ".parquet" else out / f"cohort-{study.digest[:12]}.parquet"
    if place.exists():
        raise StudyRefused(
            f"{place} stands there already, and nothing is written over. Move it, or give another --out."
        )
    if out != place and out.exists() and not out.is_dir():
        raise StudyRefused(
            f"{out}: it is neither a folder nor a name that ends in .parquet. Give one of both."
        )
    if not (place.parent.is_dir() or (place.parent == out and out.parent.is_dir())):
        raise StudyRefused(f"{place}: there is no such folder, so nothing can be written. Make it first.")
    return place


def _run(pieces: Pieces, crew: Crew) -> None:
    """Run what is missing, and keep each piece as soon as it is there."""
    study, wanted = pieces.study, pieces.missing()
    if not wanted:
        return
    before = study.pieces - len(wanted)
    if before:
        print(f"Goes on after {before} of {study.pieces} pieces.", file=sys.stderr)
    began, members = time.monotonic(), 0
    # Closed whatever happens, so that no worker goes on for a run that has ended.
    with closing(crew.run(work, study, wanted)) as running, _progress() as progress:
        ready = _members(study, wanted)
        task = progress.add_task("members", total=study.members, completed=ready, rate=0.0)
        for done in running:
            pieces.keep(done)
            members += done.table.shape[1]
            progress.update(task, advance=done.table.shape[1], rate=members / (time.monotonic() - began))
    seconds = time.monotonic() - began
    print(f"{members:,} members in {seconds:.1f} s, {members / seconds:,.0f} a second.", file=sys.stderr)
    if pieces.missing():
        raise Stopped("Pieces are missing although all have been run. Run the same command again.")


def _members(study: Study, wanted: list[int]) -> int:
    """How many members are finished already."""
    ends = [min(study.piece_members, study.members - index * study.piece_members) for index in wanted]
    return study.members - sum(ends)


def _progress() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("members"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _show(study: Study, summary: Summary, place: Path, sha256: str, *, as_json: bool) -> None:
    if as_json:
        from posology.cli.cohort_parquet import summary_data
        from posology.cli.plain import print_json

        print_json(
            {
                "study": study.as_data(),
                "file": str(place),
                "sha256": sha256,
                "summary": summary_data(summary),
            }
        )
        return
    from posology.cli.cohort_shown import print_page

    print_page(study, summary, place, sha256)
