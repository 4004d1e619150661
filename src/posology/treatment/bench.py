"""The bench's own steps and tolerances, from the products file: what a syringe and a pump can show."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from posology.knowledge import Library, in_force
from posology.knowledge.errors import KnowledgeError
from posology.quantities import convert


@dataclass(frozen=True, slots=True)
class Bench:
    """The bench's own steps and tolerances, on one day."""

    library: Library
    on: date

    def number(self, name: str, unit: str) -> Decimal:
        """Return one value of the products file that is in force, in ``unit``."""
        dated = self.library.products.values.get(name)
        if dated is None:
            raise KnowledgeError(
                f"The products file has no value '{name}', so nothing can be measured. Add it."
            )
        value = in_force(dated, on=self.on)
        if not isinstance(value.value, Decimal) or value.unit is None:
            raise KnowledgeError(
                f"The value '{name}' of the products file is not a number with a unit. Mend it."
            )
        return convert(value.value, value.unit, unit)
