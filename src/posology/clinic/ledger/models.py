"""What people write into the drug's ledger: one table that only grows.

What was given stands in no row here: it is seen in the sessions' own events. An entry is never changed and
never erased; a wrong one is taken back by a further one that names it.
"""

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import F, Q

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.scope import scoped
from posology.clinic.sessions.models import SessionRow

LONGEST_REASON = 300
LONGEST_LOT = 60
MOST_CONTAINERS = 10_000


class Kind(models.TextChoices):
    """What an entry says."""

    RECEIVED = "received", "Received"
    OPENED = "opened", "Opened"
    DRAWN = "drawn", "Drawn"
    WASTED = "wasted", "Wasted"
    RETURNED = "returned", "Returned"
    MISSED = "missed", "Missing"
    COUNTED = "counted", "Counted"
    REVERSED = "reversed", "Taken back"
    ASSIGNED = "assigned", "Discrepancy taken on"
    RESOLVED = "resolved", "Discrepancy settled"
    INVENTORY = "inventory", "Inventory"
    CLOSED = "closed", "Day closed"


# What needs a second person, who gives the own password in the act (hazard H-51, requirement SR-16).
WITNESSED = frozenset({Kind.WASTED, Kind.RETURNED, Kind.COUNTED, Kind.REVERSED, Kind.INVENTORY})
# What is about no lot.
OF_THE_DAY = frozenset({Kind.INVENTORY, Kind.CLOSED})
# What moves something out of an opened container, or unopened containers as they are.
TAKES_OUT = frozenset({Kind.WASTED, Kind.RETURNED, Kind.MISSED})


def _whole(kind: Kind) -> Q:
    """Return what must be told by an entry of one kind, and what may not."""
    no_lot, no_amount = Q(lot="", product_id=""), Q(containers=0, amount_ug=0, content_ug=0)
    out_of_open = Q(opened__isnull=False, amount_ug__gt=0, containers=0, content_ug=0)
    unopened = Q(opened__isnull=True, amount_ug=0, containers__gt=0, content_ug=0)
    told = {
        Kind.RECEIVED: Q(containers__gt=0, content_ug__gt=0, amount_ug=0, opened__isnull=True)
        & Q(on__isnull=False, expires_on__isnull=False)
        & ~Q(party=""),
        Kind.OPENED: Q(containers=1, amount_ug=0, content_ug=0, opened__isnull=True),
        Kind.DRAWN: out_of_open & Q(session__isnull=False),
        Kind.WASTED: (out_of_open | unopened) & ~Q(reason=""),
        Kind.RETURNED: (out_of_open | unopened) & ~Q(party="") & ~Q(document=""),
        Kind.MISSED: (out_of_open | unopened) & ~Q(reason="") & Q(owner__isnull=False),
        Kind.COUNTED: Q(amount_ug=0, content_ug=0, opened__isnull=True),
        Kind.REVERSED: Q(about__isnull=False) & ~Q(reason=""),
        Kind.ASSIGNED: no_amount & Q(about__isnull=False, owner__isnull=False) & ~Q(reason=""),
        Kind.RESOLVED: no_amount & Q(about__isnull=False) & ~Q(reason=""),
        Kind.INVENTORY: no_lot & no_amount & Q(on__isnull=False),
        Kind.CLOSED: no_lot & no_amount & Q(on__isnull=False) & ~Q(body=""),
    }[kind]
    return Q(kind=kind) & told & (Q() if kind in OF_THE_DAY else ~Q(lot="") & ~Q(product_id=""))


def _one_of_them() -> Q:
    return reduce(or_, (_whole(kind) for kind in Kind))


class LedgerAct(models.Model):
    """One entry; ``id`` is made by the client, so that a second send finds the first.

    ``safe_change`` is by how many unopened containers of its lot the stock changes: a copy for lists alone.
    """

    append_only = True
    audit_clinic = "{row}.clinic_id"

    id = models.UUIDField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()  # in the clinic's ledger, as it was written
    kind = models.CharField(max_length=9, choices=Kind)
    product_id = models.CharField(max_length=60, blank=True)
    lot = models.CharField(max_length=LONGEST_LOT, blank=True)
    containers = models.PositiveIntegerField(default=0)
    content_ug = models.PositiveBigIntegerField(default=0)
    amount_ug = models.PositiveBigIntegerField(default=0)
    safe_change = models.IntegerField(default=0)
    opened = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    session = models.ForeignKey(SessionRow, on_delete=models.PROTECT, related_name="+", null=True)
    about = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    on = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    party = models.CharField(max_length=120, blank=True)  # who supplied it, or took it back
    document = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    body = models.TextField(blank=True)  # what a day's close says of the day
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    witness = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField()

    objects = scoped("clinic")

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "product_id", "lot", "position"], name="ledger_of_a_lot"),
            models.Index(fields=["clinic", "at"], name="ledger_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "position"], name="ledger_one_place"),
            models.UniqueConstraint(
                fields=["about"], condition=Q(kind="reversed"), name="ledger_taken_back_once"
            ),
            models.CheckConstraint(condition=Q(position__gte=1), name="ledger_position_from_one"),
            models.CheckConstraint(condition=Q(containers__lte=MOST_CONTAINERS), name="ledger_containers"),
            models.CheckConstraint(
                condition=Q(witness__isnull=True) | ~Q(witness=F("by")), name="ledger_witness_is_another"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=sorted(WITNESSED)) | Q(witness__isnull=False),
                name="ledger_is_witnessed",
            ),
            models.CheckConstraint(condition=_one_of_them(), name="ledger_entry_is_whole"),
        ]
