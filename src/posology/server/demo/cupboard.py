"""The drug in the demo's hands: taken for a session, its rest wasted before a witness, counted, closed.

It knows what people can see: how many containers lie there, what is left in a vial or a syringe. What the
ledger says is asked by the ledger's own actions, so that the two have to agree at each count and close.
Nothing here says what was given: the ledger reads that from the sessions' own events.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from posology.clinic.accounts.models import User
from posology.clinic.ledger.actions import count, draw, open_container, receive, waste
from posology.clinic.ledger.books import acts_of, kept_since
from posology.clinic.ledger.models import Kind
from posology.clinic.ledger.rules import content_ug, product_of
from posology.clinic.ledger.settling import close_day, take_inventory
from posology.clinic.ledger.witness import Witnessed, witness_of
from posology.clinic.sessions.models import SessionRow
from posology.server.demo.hours import day_at
from posology.server.demo.people import SIGN_INS, Staff
from posology.treatment.ledger import Lot

NAMES = UUID("1b6f6f8e-55b1-4df2-8f0b-9b7a6a0f4c33")  # the name space of the ids made here
HERE = "127.0.0.1"
MANNER = "Into the waste container, made useless."
GOOD_FOR = timedelta(days=500)
RECEIVED = {"ketamine-10": 25, "ketamine-50": 40, "esketamine-device-28": 80}


@dataclass(slots=True)
class Opened:
    """A vial, a device or a syringe that is open, and what is in it, µg; ``session`` has it for its own."""

    id: UUID
    lot: Lot
    session: UUID | None
    left_ug: int
    at: datetime


class Cupboard:
    """What lies in the safe and what is open, as people see it."""

    def __init__(self, staff: Staff) -> None:
        self.staff = staff
        self.opened: list[Opened] = []
        self.out: list[tuple[datetime, Lot]] = []  # one line a container that was taken out

    def is_kept(self, at: datetime) -> bool:
        """Say whether the clinic keeps a ledger by a moment: from its first receipt on."""
        since = kept_since(self.staff.clinic)
        return since is not None and since <= at

    def receive(self, lot: str, *, at: datetime, products: Iterable[str] = RECEIVED) -> None:
        """Take a delivery of every product into the safe."""
        day = day_at(at, self.staff.clinic.zone)
        for product_id in products:
            receive(
                row_id=uuid5(NAMES, f"{self.staff.clinic.pk} {product_id} {lot}"),
                product_id=product_id,
                lot=lot,
                containers=RECEIVED[product_id],
                on=day,
                expires_on=day + GOOD_FOR,
                supplier="Synthetic Supplier",
                document="SYNTHETIC-1",
                by=self.staff.nurse,
                at=at,
            )

    def take_inventory(self, *, at: datetime) -> None:
        """Count everything before a witness, and say so: the first inventory begins the ledger."""
        self._count("inventory", at=at)
        take_inventory(
            row_id=uuid5(NAMES, f"{self.staff.clinic.pk} inventory"),
            on=day_at(at, self.staff.clinic.zone),
            note="The first, as the ledger begins.",
            witness=self._seen(at),
            by=self.staff.nurse,
            at=at,
        )

    def take(
        self, session: SessionRow, lot: Lot, *, need_ug: int, devices: int, shared: bool, at: datetime
    ) -> None:
        """Take out what a session needs: its devices, a vial of its own, or a syringe out of a shared vial.

        Parameters
        ----------
        need_ug : int
            What the worksheet says to draw, µg.
        devices : int
            How many nasal devices; 0 where it is a vial.
        shared : bool
            Whether one vial serves several sessions.
        """
        if not self.is_kept(at):
            return
        if devices or not shared:
            for n in range(devices or 1):
                self._open(uuid5(session.pk, f"container {n}"), lot, session.pk, at)
            return
        fitting = (o for o in self.opened if o.lot == lot and o.session is None and o.left_ug >= need_ug)
        vial = next(fitting, None) or self._open(uuid5(session.pk, "vial"), lot, None, at)
        syringe = Opened(uuid5(session.pk, "syringe"), lot, session.pk, need_ug, at)
        draw(
            row_id=syringe.id,
            opened_id=vial.id,
            session_id=session.pk,
            amount_ug=need_ug,
            by=self.staff.nurse,
            at=at,
        )
        vial.left_ug -= need_ug
        self.opened.append(syringe)

    def _open(self, key: UUID, lot: Lot, session_id: UUID | None, at: datetime) -> Opened:
        open_container(
            row_id=key,
            product_id=lot.product_id,
            lot=lot.number,
            session_id=session_id,
            by=self.staff.nurse,
            at=at,
        )
        product = product_of(lot)
        assert product is not None
        opened = Opened(key, lot, session_id, content_ug(product), at)
        self.out.append((at, lot))
        self.opened.append(opened)
        return opened

    def give(self, session: SessionRow, given_ug: int) -> None:
        """Let what was given leave the containers of a session, one after the other."""
        for opened in self._of(session):
            part = min(opened.left_ug, given_ug)
            opened.left_ug -= part
            given_ug -= part

    def waste_rest(self, session: SessionRow, *, at: datetime) -> None:
        """Waste what is left of a session's containers before a witness."""
        for opened in self._of(session):
            self.waste(opened, at=at)

    def waste(self, opened: Opened, *, at: datetime) -> None:
        """Waste what is left in one container, if anything is."""
        self.opened.remove(opened)
        if opened.left_ug:
            waste(
                row_id=uuid5(opened.id, "rest"),
                opened_id=opened.id,
                amount_ug=opened.left_ug,
                reason=MANNER,
                witness=self._seen(at),
                by=self.staff.nurse,
                at=at,
            )

    def _of(self, session: SessionRow) -> list[Opened]:
        return [o for o in self.opened if o.session == session.pk]

    def close(self, day: date, *, at: datetime) -> None:
        """Close a day: waste the shared vials, count what moved, close.

        Raises
        ------
        LedgerRefused
            If something is not accounted for, with what.
        """
        if not self.is_kept(at):
            return
        for opened in [o for o in self.opened if o.session is None and o.at <= at]:
            self.waste(opened, at=at)
        self._count(f"{day}", at=at)
        close_day(row_id=uuid5(NAMES, f"{self.staff.clinic.pk} {day}"), on=day, by=self.staff.nurse, at=at)

    def _count(self, when: str, *, at: datetime) -> None:
        for lot, there in sorted(self.there(at=at).items()):
            count(
                row_id=uuid5(NAMES, f"{self.staff.clinic.pk} {when} {lot}"),
                product_id=lot.product_id,
                lot=lot.number,
                containers=there,
                witness=self._seen(at),
                by=self.staff.nurse,
                at=at,
            )

    def there(self, *, at: datetime) -> dict[Lot, int]:
        """Count what lies in the safe: what was delivered, less what was taken out."""
        lying: dict[Lot, int] = defaultdict(int)
        for row in acts_of(self.staff.clinic).filter(kind=Kind.RECEIVED, at__lte=at):
            lying[Lot(row.product_id, row.lot)] += row.containers
        for moment, lot in self.out:
            lying[lot] -= moment <= at
        return dict(lying)

    def _seen(self, at: datetime) -> Witnessed:
        """Let the prescriber give name and pass phrase beside the nurse, as at the screen."""
        witness: User = self.staff.prescriber
        said = next(known.pass_phrase for known in SIGN_INS if known.username == witness.username)
        return witness_of(username=witness.username, password=said, address=HERE, by=self.staff.nurse, at=at)
