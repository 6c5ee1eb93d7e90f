"""Forms of the front door."""

from .attachments import AttachFilesForm, WithFiles
from .intake import (
    _AUTOCOMPLETE,
    _PERSON,
    _PERSON_PLAIN,
    _REPORT,
    MASKED_IN_FORM,
    AmendReferralForm,
    LogReferralForm,
    SubmitReferralForm,
    saved_referral,
)
from .steps import (
    AddParticipantsForm,
    ChooseAuthorityForm,
    DecideRouteForm,
    DeclineReferralForm,
    FilterReferralsForm,
    InformParticipantForm,
    InitiateCaseForm,
    LinkReferralForm,
    MarkInErrorForm,
    RecordDecisionForm,
    RecordInformedForm,
    WithdrawParticipantForm,
)

__all__ = [
    "MASKED_IN_FORM",
    "_AUTOCOMPLETE",
    "_PERSON",
    "_PERSON_PLAIN",
    "_REPORT",
    "AddParticipantsForm",
    "AmendReferralForm",
    "AttachFilesForm",
    "ChooseAuthorityForm",
    "DecideRouteForm",
    "DeclineReferralForm",
    "FilterReferralsForm",
    "InformParticipantForm",
    "InitiateCaseForm",
    "LinkReferralForm",
    "LogReferralForm",
    "MarkInErrorForm",
    "RecordDecisionForm",
    "RecordInformedForm",
    "SubmitReferralForm",
    "WithFiles",
    "WithdrawParticipantForm",
    "saved_referral",
]
