"""Forms that take files: chosen from a folder, or straight from the camera of a telephone."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from casework.access.forms import FilesField, RecordForm
from casework.vault.content import OFFERED
from referrals.services.attachments import Brought

_HINT = _(
    "Pictures, PDF, text, Word or Excel, at most 25 MB each. Place, camera and time are removed from pictures. "
    "Never attach pictures that show the abuse of a child: write down where they are."
)


class WithFiles(forms.Form):
    """Mixed into a form that may bring files. `brought()` reads them; the browser keeps none for a second try."""

    photos = FilesField(label=_("Take a photograph"), accept="image/jpeg", camera=True)
    files = FilesField(  # type: ignore[assignment]  # the form keeps declared fields elsewhere
        label=_("Choose files"), accept=OFFERED, help_text=_HINT
    )

    def brought(self) -> list[Brought]:
        """The files of both fields, as the service takes them."""
        found: list[Any] = [*self.cleaned_data.get("photos", []), *self.cleaned_data.get("files", [])]
        for file in found:
            file.seek(0)
        return [Brought(name=file.name or "", content=file.read()) for file in found]

    def remind_to_choose_again(self) -> None:
        """After another field's error: what was chosen has to be chosen again."""
        chosen: Any = self.files
        if self.is_bound and chosen and any(chosen.getlist(name) for name in ("photos", "files")):
            self.add_error("files", _("Choose the files again: the browser does not keep them."))


class AttachFilesForm(WithFiles, RecordForm):
    """Files for a referral that is there already."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not (self.errors or cleaned.get("photos") or cleaned.get("files")):
            raise ValidationError(_("Take a photograph or choose a file."))
        return cleaned
