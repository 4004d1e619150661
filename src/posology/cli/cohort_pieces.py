"""Finished pieces on disk: whoever stops or is stopped goes on from there, and two studies never mix.

Pieces stand as small files beside the output until they are joined. A file appears under its name only when
it is whole and on the disk, and carries the hash of what it holds.
"""

import fcntl
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from posology.cli.cohort_work import Done
from posology.pharmacology.cohorts import Study, columns_of
from posology.quantities import DomainError

_STUDY = "study.json"
_LOCK = "lock"


class NotKept(DomainError):
    """A place where the pieces of this study cannot be kept, or pieces that do not belong together."""

    code = "pieces-refused"


class Pieces:
    """The pieces of one study in a folder of their own."""

    def __init__(self, folder: Path, study: Study) -> None:
        self.folder = folder
        self.study = study
        self._rows = len(columns_of(study))
        self._mark: str | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for one run.

        Raises
        ------
        NotKept
            If another run holds it, it holds another study, or it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / _LOCK).open("w")
        except OSError as error:
            raise NotKept(
                f"{self.folder}: pieces cannot be kept there ({error.strerror}). Give another --out."
            ) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise NotKept(
                    f"{self.folder}: another run is at work there. Wait for it, or give another --out."
                ) from None
            self._claim()
            yield

    def _claim(self) -> None:
        place = self.folder / _STUDY
        if not place.exists():
            told = json.dumps({"digest": self.study.digest, "study": self.study.as_data()}, indent=1)
            write_whole(place, lambda file: file.write(told.encode()))
            return
        try:
            digest = json.loads(place.read_bytes())["digest"]
        except (ValueError, KeyError, TypeError):
            digest = None
        if digest != self.study.digest:
            raise NotKept(
                f"{self.folder} holds pieces of another study, which are not mixed with this one's. Run that "
                "study to its end, remove the folder, or give another --out."
            )

    def missing(self) -> list[int]:
        """Return the pieces that are still to be run; a damaged file counts as missing."""
        left = []
        for index in range(self.study.pieces):
            done = self._read(index)
            if done is None:
                left.append(index)
            else:
                self._agree(done)
        return left

    def keep(self, done: Done) -> None:
        """Keep one finished piece.

        Raises
        ------
        NotKept
            If it was computed with something else than the others, or the disk takes no more.
        """
        self._agree(done)
        body = io.BytesIO()
        np.save(body, done.table, allow_pickle=False)
        data = body.getvalue()
        head = {
            "digest": self.study.digest,
            "index": done.index,
            "mark": done.mark,
            "past": dict(done.past),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        line = json.dumps(head, sort_keys=True).encode() + b"\n"
        write_whole(self._place(done.index), lambda file: file.write(line + data))

    def _agree(self, done: Done) -> None:
        self._mark = self._mark or done.mark
        if done.mark != self._mark:
            raise NotKept(
                f"Piece {done.index} was computed with another version of Posology, its models or NumPy, or "
                "on a processor that rounds otherwise, so the file would not be the same everywhere. Use "
                f"machines and versions of one kind; to begin anew, remove {self.folder}."
            )

    def read(self, index: int) -> Done:
        """Return one piece.

        Raises
        ------
        NotKept
            If it is not there any more.
        """
        done = self._read(index)
        if done is None:
            raise NotKept(
                f"Piece {index} has gone from {self.folder}. Run the command again; it is made anew."
            )
        return done

    def _read(self, index: int) -> Done | None:
        try:
            head, _, data = self._place(index).read_bytes().partition(b"\n")
            told = json.loads(head)
        except (OSError, ValueError):
            return None
        if told.get("digest") != self.study.digest or told.get("index") != index:
            return None
        if told.get("sha256") != hashlib.sha256(data).hexdigest():
            return None
        table = np.load(io.BytesIO(data), allow_pickle=False)
        expected = min(self.study.piece_members, self.study.members - index * self.study.piece_members)
        if table.shape != (self._rows, expected):
            return None
        return Done(index, str(told["mark"]), table, told["past"])

    def _place(self, index: int) -> Path:
        return self.folder / f"piece-{index:06d}"

    def remove(self) -> None:
        """Remove the folder, when its pieces have been joined."""
        shutil.rmtree(self.folder, ignore_errors=True)


def write_whole(place: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write a file so that it stands there whole or not at all, also after a power cut.

    Raises
    ------
    NotKept
        If the disk does not take it.
    """
    unfinished = place.with_name(f".{place.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(place)
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise NotKept(
            f"{place}: it cannot be written ({error.strerror}). Make room or mend the rights, and run the "
            "same command again; what was finished is kept."
        ) from None
