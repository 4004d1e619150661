"""One core, two processes and a cluster whose worker is killed half-way: the same file, to the last byte."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.sqlite  # it touches no database; once a run of the suite is enough

MEMBERS, PIECE = 20_000, 1000
STUDY = f"""
substance: ketamine
route: intravenous
dose_mg_per_kg: 0.5
minutes: 40
sessions_days: [0, 3, 7, 10, 14, 17]
members: {MEMBERS}
piece_members: {PIECE}
weights_kg: {{mean: 78, sd: 15, low: 45, high: 120}}
ages_years: {{mean: 45, sd: 13, low: 18, high: 75}}
levels_ng_per_mL: {{ketamine: [100]}}
"""
WAIT_S = 120.0


class Site:
    """A folder with a study, and the command run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "study.yaml").write_text(STUDY)

    def start(self, out: str, *words: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "posology.cli", "cohort", "study.yaml", "--out", out, "--json", *words],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, out: str, *words: str) -> dict:
        return self.told(self.start(out, *words))

    def told(self, process: subprocess.Popen) -> dict:
        printed, complained = process.communicate(timeout=WAIT_S)
        assert process.returncode == 0, complained
        return json.loads(printed)

    def finished(self, out: str) -> int:
        return len(list((self.folder / f"{out}.pieces").glob("piece-*")))

    def wait_for(self, out: str, count: int, process: subprocess.Popen) -> None:
        until = time.monotonic() + WAIT_S
        while self.finished(out) < count:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until, f"{self.finished(out)} pieces"
            time.sleep(0.005)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    return Site(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(scope="module")
def alone(site) -> dict:
    """The file of one core."""
    told = site.run("alone.parquet")
    assert hashlib.sha256((site.folder / "alone.parquet").read_bytes()).hexdigest() == told["sha256"]
    return told


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """A scheduler and two workers on free ports of this machine; the address, and the workers."""
    told = folder / "scheduler.json"
    here = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(told))
    started = [_dask("scheduler", folder, *here, "--port", "0")]
    try:
        alone = ("--nthreads", "1", "--no-nanny", "--local-directory", str(folder / "scratch"))
        started += [_dask("worker", folder, *here, *alone) for _ in range(2)]
        until = time.monotonic() + WAIT_S
        while not told.exists() or not told.read_text():
            assert started[0].poll() is None and time.monotonic() < until, "no scheduler"
            time.sleep(0.02)
        yield json.loads(told.read_text())["address"], started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _dask(part: str, folder: Path, *words: str) -> subprocess.Popen:
    with (folder / "dask.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{part}", *words], stdout=log, stderr=log
        )


def test_two_processes_make_the_same_file_as_one(site, alone):
    told = site.run("two.parquet", "--workers", "2")
    assert (told["sha256"], told["summary"]) == (alone["sha256"], alone["summary"])
    assert not (site.folder / "two.parquet.pieces").exists()


def test_a_cluster_whose_worker_is_killed_half_way_makes_the_same_file(site, alone, record_property):
    with cluster(site.folder) as (address, workers):
        process = site.start("cluster.parquet", "--scheduler", address)
        site.wait_for("cluster.parquet", MEMBERS // PIECE // 2, process)
        workers[0].send_signal(signal.SIGKILL)
        left = MEMBERS // PIECE - site.finished("cluster.parquet")
        told = site.told(process)
    assert left > 0, "the worker was killed after the end"
    assert told["sha256"] == alone["sha256"]
    record_property("n", MEMBERS)


def test_a_run_that_was_killed_goes_on_and_makes_the_same_file(site, alone):
    process = site.start("stopped.parquet")
    site.wait_for("stopped.parquet", 5, process)
    process.kill()
    process.communicate()
    kept = site.finished("stopped.parquet")
    assert 5 <= kept < MEMBERS // PIECE and not (site.folder / "stopped.parquet").exists()
    again = site.start("stopped.parquet")
    printed, said = again.communicate(timeout=WAIT_S)
    assert f"Goes on after {kept} of {MEMBERS // PIECE} pieces." in said
    assert json.loads(printed)["sha256"] == alone["sha256"]


def test_ctrl_c_keeps_what_is_finished_and_says_so(site):
    process = site.start("key.parquet", "--workers", "2")
    site.wait_for("key.parquet", 3, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=WAIT_S)
    assert process.returncode == 130
    assert f"Stopped. {site.finished('key.parquet')} of 20 pieces are kept in key.parquet.pieces" in said
    assert "Traceback" not in said


def test_a_killed_process_of_the_pool_costs_time_and_no_piece(site, alone):
    process = site.start("pool.parquet", "--workers", "2")
    site.wait_for("pool.parquet", 3, process)
    os.kill(_a_child_of(process.pid), signal.SIGKILL)
    assert site.told(process)["sha256"] == alone["sha256"]


def _a_child_of(pid: int) -> int:
    """The last process that this one started and that runs pieces."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    workers = [int(one) for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]
    return workers[-1]


def test_memory_does_not_grow_with_the_cohort():
    """Summaries of a cohort, streamed: 60,000 members stay below 200 MB, as a million do."""
    code = (
        "import re\n"
        "from functools import reduce\n"
        "from posology.pharmacology import Person, Substance, infusion\n"
        "from posology.pharmacology.cohorts import Study, Summary, pieces, summarise\n"
        "study = Study('ketamine-otto-2021', infusion(Substance.KETAMINE, 35, 40), members=60_000,\n"
        "              person=Person(weight_kg=70, age_years=40))\n"
        "total = reduce(Summary.merged, map(summarise, pieces(study)))\n"
        # Of this process alone: what getrusage calls its maximum is inherited from whoever started it.
        "print(total.n, re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read()).group(1))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 0, done.stderr
    members, peak = map(int, done.stdout.split())
    assert members == 60_000 and peak < 200_000
