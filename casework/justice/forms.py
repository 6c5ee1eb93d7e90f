"""Forms of witness status."""

from django.utils.translation import gettext_lazy as _

from casework.access.forms import CodeField, DayField, LongTextField, RecordForm, TextField


class RequestWitnessStatusForm(RecordForm):
    kind = CodeField("witness_statuses", label=_("What is requested?"))
    requested_on = DayField(label=_("Requested on"), past=True)
    decided_by_body = TextField(
        label=_("Prosecutor's office or court"),
        required=False,
        help_text=_("The designation needs the name of the prosecutor's office."),
    )


class DecideForm(RecordForm):
    """A decision of the prosecutor's office or the court."""

    decided_on = DayField(label=_("Decided on"), past=True)
    decided_by_body = TextField(label=_("Prosecutor's office or court"), required=False)
    reasons = LongTextField(label=_("Reasons as given"), required=False)


class WithdrawForm(RecordForm):
    decided_on = DayField(label=_("Withdrawn on"), past=True)
    reasons = LongTextField(label=_("Why"), required=False)
