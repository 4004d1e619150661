"""Reading the audit: who did what, and whether the chains still hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet

from posology.clinic.audit.models import AuditEntry
from posology.clinic.audit.plan import hash_of


@dataclass(frozen=True, slots=True)
class ChainFault:
    """One place where a chain does not hold, and why."""

    chain: str
    position: int
    why: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and what was found."""

    entries: int
    chains: int
    faults: tuple[ChainFault, ...]

    @property
    def holds(self) -> bool:
        return not self.faults


def row_id_of(key: Any) -> str:
    """Return a row's key as the audit writes it, the same in both databases."""
    return key.hex if isinstance(key, UUID) else str(key)


def entries_of(table: str, key: Any) -> QuerySet[AuditEntry]:
    """Return the history of one row, oldest first."""
    return AuditEntry.objects.filter(table=table, row_id=row_id_of(key)).order_by("id")


def chain_heads() -> dict[str, tuple[int, str]]:
    """Return length and last hash of each chain, to be kept outside this database."""
    longest = AuditEntry.objects.values("chain").annotate(top=Max("position"))
    tops = {(row["chain"], row["top"]) for row in longest}
    rows = AuditEntry.objects.values_list("chain", "position", "hash").iterator()
    return {chain: (position, digest) for chain, position, digest in rows if (chain, position) in tops}


def verify_chain(
    chain: str | None = None, *, heads: Mapping[str, tuple[int, str]] | None = None
) -> Verification:
    """Compute every hash anew, and compare the chains with heads that were kept elsewhere.

    Without ``heads`` a chain whose end was cut off, or one that was rebuilt as a whole, still holds.
    """
    rows = AuditEntry.objects.order_by("chain", "position")
    if chain is not None:
        rows = rows.filter(chain=chain)
    walk = _Walk()
    for entry in rows.iterator():
        walk.take(entry)
    faults = [*walk.faults, *_against_heads(walk.seen, heads or {}, only=chain)]
    return Verification(walk.entries, len(walk.last), tuple(faults))


class _Walk:
    """One pass over entries in the order of their chains."""

    def __init__(self) -> None:
        self.entries = 0
        self.last: dict[str, tuple[int, str]] = {}
        self.seen: dict[tuple[str, int], str] = {}
        self.faults: list[ChainFault] = []

    def take(self, e: AuditEntry) -> None:
        position, previous = self.last.get(e.chain, (0, ""))
        if e.position != position + 1:
            self.faults.append(ChainFault(e.chain, e.position, f"entry {position + 1} is missing"))
        elif e.previous_hash != previous:
            self.faults.append(ChainFault(e.chain, e.position, "it does not follow the entry before it"))
        if hash_of((e.previous_hash, e.chain, e.position, e.table, e.row_id, e.action, e.old, e.new, e.actor,
                    e.purpose, e.at)) != e.hash:  # fmt: skip
            self.faults.append(ChainFault(e.chain, e.position, "its content is not what was hashed"))
        self.entries += 1
        self.last[e.chain] = self.seen_at(e)

    def seen_at(self, e: AuditEntry) -> tuple[int, str]:
        self.seen[e.chain, e.position] = e.hash
        return e.position, e.hash


def _against_heads(
    seen: Mapping[tuple[str, int], str], heads: Mapping[str, tuple[int, str]], *, only: str | None
) -> Iterator[ChainFault]:
    for chain, (position, digest) in heads.items():
        if only is None or chain == only:
            found = seen.get((chain, position))
            if found is None:
                yield ChainFault(chain, position, "the end of the chain was cut off")
            elif found != digest:
                yield ChainFault(
                    chain, position, "the chain was rebuilt: it differs from the head kept elsewhere"
                )
