"""Who runs the pieces: this process, several of them, or the workers of a Dask cluster.

All three give the same pieces, so this decides on time and on nothing else. A worker that is killed costs its
piece some time: the piece is run again elsewhere. A piece that fails three times stops the run.
"""

import multiprocessing
import re
import signal
import socket
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from posology.cli.cohort_threads import pin_threads
from posology.cli.cohort_work import Done
from posology.pharmacology.cohorts import Study
from posology.quantities import DomainError

TRIES = 3
_AHEAD = 2  # pieces that wait for each worker, so that none is idle and few are in memory
_FIRST_WORKER_S = 60
_ANSWER_S = 15

_ADDRESS = re.compile(r"(?:tcp|tls)://(?P<host>\[[0-9a-fA-F:.]+\]|[\w.-]+):(?P<port>\d{1,5})")

Work = Callable[[Study, int], Done]
Running = Generator[Done, None, None]


class Stopped(DomainError):
    """A run that cannot go on; what was finished is kept."""

    code = "run-stopped"


class Crew(Protocol):
    """Whoever runs pieces."""

    def run(self, work: Work, study: Study, wanted: Sequence[int]) -> Running:
        """Yield each piece as it is finished, in any order."""


class OneProcess:
    """This process, one piece after the other."""

    def run(self, work: Work, study: Study, wanted: Sequence[int]) -> Running:
        for index in wanted:
            yield self._tried(work, study, index)

    def _tried(self, work: Work, study: Study, index: int) -> Done:
        for _ in range(TRIES - 1):
            try:
                return work(study, index)
            except Exception:  # noqa: S112 - whatever it was, the last try tells
                continue
        try:
            return work(study, index)
        except Exception as fault:
            raise failed(index, fault) from fault


@dataclass(frozen=True)
class Processes:
    """Several processes on this machine."""

    count: int

    def run(self, work: Work, study: Study, wanted: Sequence[int]) -> Running:
        tries = dict.fromkeys(wanted, 0)
        while tries:
            with self._pool() as pool:
                try:
                    yield from self._with_pool(pool, work, study, tries)
                finally:
                    pool.shutdown(wait=True, cancel_futures=True)

    def _pool(self) -> ProcessPoolExecutor:
        # A fresh interpreter for each: nothing of this process, its locks and its threads goes along.
        return ProcessPoolExecutor(self.count, multiprocessing.get_context("spawn"), initializer=_begin)

    def _with_pool(
        self, pool: ProcessPoolExecutor, work: Work, study: Study, tries: dict[int, int]
    ) -> Running:
        """Run until all is done or a killed process has broken the pool; ``tries`` keeps what is left."""
        waiting = iter(list(tries))
        running: dict[Future[Done], int] = {}
        broken = False
        while not broken:
            for index in islice(waiting, self.count * _AHEAD - len(running)):
                try:
                    running[pool.submit(work, study, index)] = index
                except BrokenProcessPool:
                    broken = True
                    break
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                index = running.pop(future)
                fault = future.exception()
                if fault is None:
                    del tries[index]
                    yield future.result()
                    continue
                broken = broken or isinstance(fault, BrokenProcessPool)
                _count(tries, index, fault)
                if not isinstance(fault, BrokenProcessPool):
                    running[pool.submit(work, study, index)] = index


def _count(tries: dict[int, int], index: int, fault: BaseException) -> None:
    tries[index] += 1
    if tries[index] >= TRIES:
        raise failed(index, fault) from fault


def _begin() -> None:
    """What a process does first: leave Ctrl-C to the one that started it, and keep to one thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pin_threads()


@dataclass(frozen=True)
class DaskCluster:
    """The workers of a Dask cluster that is running already."""

    address: str
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None

    def run(self, work: Work, study: Study, wanted: Sequence[int]) -> Running:
        from distributed import as_completed

        client = self._client()
        try:
            ahead = max(sum(client.nthreads().values()), 1) * _AHEAD
            waiting = iter(wanted)
            first = [self._submit(client, work, study, one) for one in islice(waiting, ahead)]
            futures = as_completed(first, loop=client.loop)
            for future in futures:
                done = self._answer(future)
                future.release()
                for one in islice(waiting, 1):
                    futures.add(self._submit(client, work, study, one))
                yield done
        except OSError as fault:
            raise self._gone(fault) from fault
        finally:
            client.close(timeout=_ANSWER_S)

    def _answer(self, future: Any) -> Done:
        """Return a finished piece, or say why there is none."""
        if future.status in ("cancelled", "lost"):
            raise self._gone(None)
        fault = future.exception()
        if fault is not None:
            raise failed(int(future.key.rsplit("-", 1)[1]), fault) from fault
        done: Done = future.result()
        return done

    def _gone(self, fault: BaseException | None) -> Stopped:
        name = f" ({type(fault).__name__})" if fault else ""
        return Stopped(
            f"The scheduler at {self.address} does not answer any more{name}. What was finished is kept; run "
            "the same command again."
        )

    def _submit(self, client: Any, work: Work, study: Study, index: int) -> Any:
        # No memory of an earlier run with the same key: what a worker has must come from this code.
        return client.submit(
            work, study, index, key=f"posology-{client.id}-{index}", retries=TRIES - 1, pure=False
        )

    def _check_answers(self) -> None:
        """Refuse an address at which nobody listens, before a client tries again and again."""
        found = _ADDRESS.fullmatch(self.address)
        if found is None:
            raise Stopped(
                f"'{self.address[:80]}' is no address of a scheduler. Write it as in tcp://10.0.0.5:8786, or "
                "tls:// with certificates."
            )
        try:
            socket.create_connection(
                (found["host"].strip("[]"), int(found["port"])), timeout=_ANSWER_S
            ).close()
        except (OSError, OverflowError) as fault:
            raise self._none(fault) from None

    def _none(self, fault: BaseException) -> Stopped:
        return Stopped(
            f"No scheduler answers at {self.address} ({type(fault).__name__}). Check the address, and that "
            "the cluster is running."
        )

    def _client(self) -> Any:
        from distributed import Client
        from distributed.security import Security

        self._check_answers()
        try:
            security = None
            if self.tls_ca or self.tls_cert or self.tls_key:
                security = Security(
                    tls_ca_file=self.tls_ca,
                    tls_client_cert=self.tls_cert,
                    tls_client_key=self.tls_key,
                    require_encryption=True,
                )
            client = Client(self.address, timeout=_ANSWER_S, security=security, set_as_default=False)
        except (OSError, ValueError, TypeError) as fault:
            raise self._none(fault) from fault
        try:
            client.wait_for_workers(1, timeout=_FIRST_WORKER_S)
        except TimeoutError as fault:
            client.close(timeout=_ANSWER_S)
            raise Stopped(
                f"The scheduler at {self.address} has had no worker for {_FIRST_WORKER_S} s. Start one "
                f"with: dask worker {self.address}"
            ) from fault
        return client


def failed(index: int, fault: BaseException) -> Stopped:
    """Return why the run stops at a piece."""
    said = " ".join(str(fault).split())[:300]
    why = f"{type(fault).__name__}: {said}" if said else type(fault).__name__
    return Stopped(
        f"Piece {index} failed {TRIES} times, the last time with {why}. All finished pieces are kept; "
        "mend the cause and run the same command again."
    )
