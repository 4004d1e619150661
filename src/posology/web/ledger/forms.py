"""What is typed into the ledger. What a person counts or sees wasted is never filled in beforehand."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from posology.clinic.accounts.models import User
from posology.clinic.ledger.models import LONGEST_LOT, LONGEST_REASON, LedgerAct
from posology.knowledge import load_library
from posology.quantities import DomainError, read_number
from posology.treatment.ledger import Lot
from posology.web.ledger.words import UG_PER_MG, title_of
from posology.web.reading import DayField, TextField

_DAY_HINT = "As in 28-Nov-2026."


def text(label: str, longest: int, empty: str, **more: Any) -> TextField:
    """Return a field of plain text."""
    return TextField(label=label, max_length=longest, error_messages={"required": empty}, **more)


class WholeField(TextField):
    """A whole number of containers, typed in plain digits."""

    widget = forms.TextInput

    def __init__(self, *, label: str, **more: Any) -> None:
        super().__init__(label=label, max_length=6, **more)

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed:
            return None
        if not (typed.isascii() and typed.isdigit()):
            raise ValidationError(f"'{typed[:20]}' is no number of containers. Write it in digits, as in 12.")
        return int(typed)


class AmountField(TextField):
    """An amount in mg, read by the library's one grammar, kept in whole micrograms."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            label="Amount", max_length=20, error_messages={"required": "Write the amount in mg."}, **more
        )

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed:
            return None
        try:
            amount = read_number(typed, what="amount")
        except DomainError as refusal:
            raise ValidationError(str(refusal)) from None
        ug = Decimal(amount) * UG_PER_MG
        if ug != ug.to_integral_value():
            raise ValidationError("The ledger keeps 0.001 mg, and this has more digits. Round it to that.")
        if ug <= 0:
            raise ValidationError("The amount is not above 0 mg. Write how much it is.")
        return int(ug)


class WitnessForm(forms.Form):
    """What needs a second person, who types the own name and password here."""

    witness = forms.CharField(
        label="Witness: name to sign in with",
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "The witness types the name to sign in with."},
    )
    witness_password = forms.CharField(
        label="Witness: password",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "The witness types the own password."},
    )


class ReceiveForm(forms.Form):
    """A delivery of one lot."""

    product_id = forms.ChoiceField(label="Product", error_messages={"required": "Choose the product."})
    lot = text("Lot", LONGEST_LOT, "Write the lot as it is printed.")
    containers = WholeField(
        label="Containers", error_messages={"required": "Write how many vials or devices came."}
    )
    on = DayField(
        what="day of the receipt",
        label="Received on",
        help_text=_DAY_HINT,
        error_messages={"required": "Write the day on which they came."},
    )
    expires_on = DayField(
        what="day of expiry",
        label="Expires on",
        help_text="The last good day, as printed. Of a month alone, its last day.",
        error_messages={"required": "Write the day of expiry."},
    )
    supplier = text("Supplier", 120, "Write who delivered them.")
    document = text("Invoice or order form", 60, "", required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["product_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, p.title) for key, p in load_library().products.products.items()]


class OpenForm(forms.Form):
    """One container out of the safe."""

    lot = forms.ChoiceField(label="Lot", error_messages={"required": "Choose the lot that you took."})
    session = forms.ChoiceField(label="For", required=False)

    def __init__(
        self,
        *args: Any,
        lots: Iterable[tuple[Lot, LedgerAct, int]],
        sessions: Iterable[tuple[str, str]],
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        lot, session = self.fields["lot"], self.fields["session"]
        assert isinstance(lot, forms.ChoiceField) and isinstance(session, forms.ChoiceField)
        lot.choices = [(str(r.pk), f"{title_of(of)}, lot {of.number}: {n} unopened") for of, r, n in lots]
        session.choices = [("several", "Several patients: a vial to draw from"), *sessions]


class AmountForm(forms.Form):
    """An amount out of an opened container."""

    amount_mg = AmountField()


class SomeForm(forms.Form):
    """Unopened containers."""

    containers = WholeField(
        label="Containers", error_messages={"required": "Write how many unopened containers it is."}
    )


class _Manner(forms.Form):
    reason = text(
        "How was it wasted?",
        LONGEST_REASON,
        "Write how it was wasted.",
        help_text="As in: squirted into the waste container and made useless; the vial broke.",
    )


class _Return(forms.Form):
    to = text("Who took it?", 120, "Write who took it.", help_text="Supplier, pharmacy, reverse distributor.")
    document = text("Number of the paper", 60, "Write the number of the paper that goes with it.")


class OwnerForm(forms.Form):
    """Who looks into it, and what is known."""

    reason = text("What is known?", LONGEST_REASON, "Write what is known so far.")
    owner = forms.ChoiceField(
        label="Who looks into it?", error_messages={"required": "Choose who looks into it."}
    )

    def __init__(self, *args: Any, people: Iterable[User], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["owner"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(p.pk), p.full_name) for p in people]


class WasteForm(WitnessForm, _Manner, AmountForm):
    """The rest of an opened container, wasted."""

    field_order = ("amount_mg", "reason", "witness", "witness_password")


class ReturnForm(WitnessForm, _Return, AmountForm):
    """The rest of an opened container, returned."""

    field_order = ("amount_mg", "to", "document", "witness", "witness_password")


class MissForm(OwnerForm, AmountForm):
    """Something missing out of an opened container."""

    field_order = ("amount_mg", "reason", "owner")


class DrawForm(AmountForm):
    """A syringe out of a vial, for one session."""

    session = forms.ChoiceField(label="For", error_messages={"required": "Choose the session."})
    field_order = ("session", "amount_mg")

    def __init__(self, *args: Any, sessions: Iterable[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["session"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(sessions)


class WasteSomeForm(WitnessForm, _Manner, SomeForm):
    """Unopened containers that broke or expired."""

    field_order = ("containers", "reason", "witness", "witness_password")


class ReturnSomeForm(WitnessForm, _Return, SomeForm):
    """Unopened containers, returned."""

    field_order = ("containers", "to", "document", "witness", "witness_password")


class MissSomeForm(OwnerForm, SomeForm):
    """Unopened containers that are missing."""

    field_order = ("containers", "reason", "owner")


class TakeBackForm(WitnessForm):
    """Why an entry is taken back; the writer's own password too."""

    reason = text("Why is it wrong?", LONGEST_REASON, "Say why it is wrong.")
    password = forms.CharField(
        label="Your password",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Type your own password."},
    )
    field_order = ("reason", "password", "witness", "witness_password")


class SettleForm(forms.Form):
    """What was found."""

    reason = text(
        "What was found, and what was done?", LONGEST_REASON, "Write what was found, and what was done."
    )


class SpanForm(forms.Form):
    """From which day to which."""

    first = DayField(what="first day", label="From", error_messages={"required": "Write the first day."})
    last = DayField(what="last day", label="To", error_messages={"required": "Write the last day."})
