"""Forms of the front door."""

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
    ChooseAuthorityForm,
    DecideRouteForm,
    DeclineReferralForm,
    FilterReferralsForm,
    InitiateCaseForm,
    LinkReferralForm,
    MarkInErrorForm,
    RecordDecisionForm,
    RecordInformedForm,
)

__all__ = [
    "MASKED_IN_FORM",
    "_AUTOCOMPLETE",
    "_PERSON",
    "_PERSON_PLAIN",
    "_REPORT",
    "AmendReferralForm",
    "ChooseAuthorityForm",
    "DecideRouteForm",
    "DeclineReferralForm",
    "FilterReferralsForm",
    "InitiateCaseForm",
    "LinkReferralForm",
    "LogReferralForm",
    "MarkInErrorForm",
    "RecordDecisionForm",
    "RecordInformedForm",
    "SubmitReferralForm",
    "saved_referral",
]
