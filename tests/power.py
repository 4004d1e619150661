"""A disk beneath SQLite that keeps a diary, and the states in which a power cut may leave such a disk.

:class:`Diary` stands between an SQLite engine and the files: it writes down each write, each cut of a file
and each sync, and where a program was told that something is stored. :func:`after_cut` then makes the files
as they may lie there after a cut at one place of the diary: what a file's last sync covers is there; of
everything later each sector of 512 bytes may be old, new or of any write between, whole writes may be
missing while later ones are there, and a file that grew may hold noise where nothing was written yet.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import apsw

SECTOR = 512
WAYS = ("dropped", "kept", "reordered", "torn")
_LIVES_ON_DISK = ("", "-wal", "-journal")  # the index of the log (-shm) is memory


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that reached the disk, or ``told``: the program was answered."""

    what: str  # write, cut, sync, delete, told
    file: str = ""
    offset: int = 0  # of a write; of a cut the new size
    data: bytes = b""
    told: str = ""


@dataclass
class Diary:
    """What an engine did to one database, in order."""

    name: str
    steps: list[Step] = field(default_factory=list)

    def tell(self, what: str) -> None:
        """Write down that the program was answered."""
        self.steps.append(Step("told", told=what))

    def told_before(self, place: int) -> set[str]:
        """Return what the program had been told when the power went."""
        return {step.told for step in self.steps[:place] if step.what == "told"}


class Disk(apsw.VFS):
    """The machine's own disk, with a diary."""

    def __init__(self, diary: Diary) -> None:
        self.diary, self.name = diary, f"diary-{id(diary)}"
        super().__init__(self.name, "", maxpathname=4096)

    def xOpen(self, name: Any, flags: list[int]) -> "_File":  # noqa: N802  (SQLite's own name)
        return _File(self.diary, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        self.diary.steps.append(Step("delete", os.path.basename(name)))
        super().xDelete(name, syncdir)


class _File(apsw.VFSFile):
    def __init__(self, diary: Diary, name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self.diary, self.file = diary, os.path.basename(path)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self.diary.steps.append(Step("write", self.file, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self.diary.steps.append(Step("cut", self.file, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self.diary.steps.append(Step("sync", self.file))


def after_cut(
    before: Mapping[str, bytes], diary: Diary, place: int, *, way: str, chance: Random
) -> dict[str, bytes]:
    """Return the files as a cut before step ``place`` may leave them.

    Parameters
    ----------
    before : mapping of str to bytes
        The files as they were, safely stored, when the diary began.
    diary : Diary
        What was done since.
    place : int
        The first step that no longer happened.
    way : str
        What became of the writes that no sync covers: one of ``WAYS``.
    chance : Random
        Decides sector by sector, and write by write.
    """
    steps = diary.steps[:place]
    made = {}
    for file in dict.fromkeys([*before, *(s.file for s in steps if s.file)]):
        if not any(file == f"{diary.name}{end}" for end in _LIVES_ON_DISK):
            continue
        own = [s for s in steps if s.file == file]
        last = max((n for n, s in enumerate(own) if s.what == "sync"), default=-1)
        stored = bytearray(before.get(file, b""))
        for step in own[: last + 1]:
            _do(stored, step)
        found = _unsynced(stored, own[last + 1 :], way, chance)
        if found is not None and (found or file in before):
            made[file] = bytes(found)
    return made


def _do(content: bytearray, step: Step) -> None:
    if step.what == "write":
        end = step.offset + len(step.data)
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        content[step.offset : end] = step.data
    elif step.what == "cut":
        del content[step.offset :]
    elif step.what == "delete":
        content.clear()


def _unsynced(stored: bytearray, steps: list[Step], way: str, chance: Random) -> bytearray | None:
    if way == "dropped" or not steps:
        return stored
    if way == "kept":
        for step in steps:
            _do(stored, step)
        return stored
    if way == "reordered":  # any of them, in any order: a later one without an earlier one among them
        some = chance.sample(steps, chance.randint(0, len(steps)))
        for step in some:
            _do(stored, step)
        return stored
    return _torn(stored, steps, chance)


def _torn(stored: bytearray, steps: list[Step], chance: Random) -> bytearray:
    """Give each sector the content that it had after some number of the writes, each sector its own."""
    versions: dict[int, list[bytes]] = {}
    sizes = [len(stored)]

    def look(first: int, last: int) -> None:
        for n in range(first, last):
            versions.setdefault(n, []).append(bytes(stored[n * SECTOR : (n + 1) * SECTOR]))

    for step in steps:
        old = len(stored)
        if step.what == "write":
            first, last = min(step.offset, old) // SECTOR, -(-(step.offset + len(step.data)) // SECTOR)
        else:
            first, last = (step.offset if step.what == "cut" else 0) // SECTOR, -(-old // SECTOR)
        for n in range(first, last):
            if n not in versions:  # what it held before the first of these writes
                look(n, n + 1)
        _do(stored, step)
        look(first, last)
        sizes.append(len(stored))
    stored.extend(bytes(max(0, max(sizes) - len(stored))))
    for n, seen in versions.items():
        part = chance.choice(seen)
        stored[n * SECTOR : (n + 1) * SECTOR] = part + chance.randbytes(SECTOR - len(part))
    del stored[chance.choice(sizes) :]
    return stored


def connect(path: Path, diary: Diary, pragmas: Mapping[str, Any]) -> tuple[apsw.Connection, Disk]:
    """Open a database through the diary, with these pragmas; keep the disk for as long as it is open."""
    disk = Disk(diary)
    line = apsw.Connection(str(path), vfs=disk.name)
    for name, value in pragmas.items():
        line.execute(f"PRAGMA {name}={value}")
    return line, disk
