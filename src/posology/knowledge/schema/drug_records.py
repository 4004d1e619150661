"""What the ledger of a controlled drug goes by: anywhere, or in one jurisdiction."""

from typing import Literal

from posology.knowledge.schema.common import Dated, Header


class DrugRecordsFile(Header):
    """Dated numbers of the ledger; a file without a jurisdiction holds anywhere."""

    kind: Literal["drug-records"]
    values: dict[str, Dated]
