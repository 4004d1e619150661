"""Where the demo lives: a data folder and a file of its own. Known before Django is set up.

The demo's pass phrases are printed and known to everyone. So it may never write to a clinic's database:
an address that leads anywhere but to its own file is refused.
"""

import fcntl
import json
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from posology.quantities import DomainError
from posology.server.secrets import make_key_file

_FILES = ("demo.sqlite3", "demo.sqlite3-wal", "demo.sqlite3-shm", "demo.json")


class DemoRefused(DomainError):
    """The demo cannot be brought up like this."""

    code = "demo"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the stored demo is: the day and zone it was made for, when, and from which stories."""

    day: str
    zone: str
    made_at: str
    made_from: str


class Place:
    """One data folder of the demo."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / _FILES[0]

    @property
    def url(self) -> str:
        """The address of the demo's own database."""
        return f"sqlite:///{self.file}"

    def mark(self) -> Mark | None:
        """Return what is stored here, or ``None`` where nothing whole is."""
        try:
            kept = Mark(**json.loads((self.folder / "demo.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return kept if self.file.exists() else None

    def keep(self, mark: Mark) -> None:
        """Write down what is stored here, once it is whole."""
        (self.folder / "demo.json").write_text(json.dumps(asdict(mark)))

    def clear(self) -> None:
        """Take the stored demo away, its mark first: what is left half is never taken for whole."""
        for name in reversed(_FILES):
            (self.folder / name).unlink(missing_ok=True)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the folder, so that a second demo does not take the file away under the first.

        Raises
        ------
        DemoRefused
            If another demo holds it.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "demo.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise DemoRefused(
                    f"A demo is running from {self.folder} already. Stop that one, "
                    "or set POSOLOGY_DATA to another folder."
                ) from None
            yield


def choose_place(environment: MutableMapping[str, str]) -> Place:
    """Settle the demo's folder in the environment, before the settings are read from it.

    Raises
    ------
    DemoRefused
        If DATABASE_URL leads anywhere but to the demo's own file.
    """
    data = environment.get("POSOLOGY_DATA")
    place = Place(Path(data) if data else Path.home() / ".local" / "share" / "posology" / "demo")
    given = environment.get("DATABASE_URL")
    if given and given != place.url:
        raise DemoRefused(
            "DATABASE_URL leads to another database than the demo's own, and the demo's pass phrases are "
            "known to everyone, so nothing was written there. Unset DATABASE_URL, and set POSOLOGY_DATA to "
            "choose the demo's folder."
        )
    environment["POSOLOGY_DEMO"] = "1"
    environment["POSOLOGY_DATA"] = str(place.folder)
    environment.pop("DATABASE_URL", None)
    if not environment.get("SECRET_KEY"):
        make_key_file(place.folder)
    return place


def is_todays(mark: Mark | None, *, now: datetime, day: str, made_from: str) -> bool:
    """Say whether the stored demo may be shown again: of this day, not ahead of now, from these stories."""
    if mark is None or mark.made_from != made_from or mark.day != day:
        return False
    return datetime.fromisoformat(mark.made_at) <= now
