"""The forms of an import, and how a file that was read waits in its own page for the word to record it."""

import base64
import binascii
import gzip
from typing import Any

from django import forms

from posology.fhir import FhirError, decode


class FileForm(forms.Form):
    file = forms.FileField(
        label="FHIR R4 Bundle, as a file",
        required=False,
        help_text="JSON, or JSON packed with gzip, of one patient",
    )
    text = forms.CharField(label="Or paste it here", required=False, widget=forms.Textarea)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("file") and not (given.get("text") or "").strip():
            self.add_error("file", "There is nothing to read. Choose a file, or paste its text.")
        elif given.get("file") and (given.get("text") or "").strip():
            self.add_error("text", "A file is chosen and a text is pasted. Keep one of the two.")
        return given

    def document(self) -> str:
        """Return the text that was sent.

        Raises
        ------
        FhirError
            If it cannot be unpacked or is too large.
        """
        file = self.cleaned_data.get("file")
        if file is None:
            return str(self.cleaned_data["text"])
        return decode(file.read(), name="the file")


class ConfirmForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    bundle = forms.CharField(widget=forms.HiddenInput)
    same_person = forms.BooleanField(label="The file is about this patient", required=False)


def pack(text: str) -> str:
    """Pack a document so that it fits into the page that shows it; nothing of it waits on the server."""
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()


def unpack(packed: str) -> str:
    """Return the document that the page carried.

    Raises
    ------
    FhirError
        If it is not what this page packed.
    """
    try:
        return decode(base64.b64decode(packed, validate=True), name="the file")
    except (binascii.Error, ValueError):
        raise FhirError("The file did not come back whole, so it is not read. Choose it again.") from None
