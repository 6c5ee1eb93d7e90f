"""The front door: referrals in, their clocks, and the identification that follows."""

from .allegations import Allegation, AllegationQuerySet, AllegationStatus, Concern
from .attachments import Attachment
from .calls import SOURCE_OF_HOTLINE, Call, CallQuerySet, Hotline, Related
from .clocks import ClockKind, Deadline, DeadlineQuerySet, Escalation, EscalationQuerySet
from .identification import (
    POSITIVE,
    Appeal,
    Authority,
    AuthorityChoice,
    Decision,
    Identification,
    IdentificationStatus,
    Route,
)
from .leaflets import Leaflet, LeafletFor
from .onward import (
    CONFIRMED,
    TAKE_OVER,
    WAITING,
    Onward,
    OnwardQuerySet,
    OnwardReminder,
    OnwardStatus,
    Received,
    ReminderKind,
)
from .participants import How, Participant, ParticipantStatus
from .referral import Feared, OfReferralQuerySet, Referral, ReferralIndicator, ReferralQuerySet, ReferralStatus, Seen
from .risk import NeedStatus, RiskAssessment, UrgentNeed
from .screenings import FollowUp, Screening, ScreeningTarget
from .sites import OfOrganisationQuerySet, Screened, SitePerson, Worksite
from .submissions import Submission
from .visits import MOBILE_TEAM, Visit, VisitQuerySet

__all__ = [
    "CONFIRMED",
    "MOBILE_TEAM",
    "POSITIVE",
    "SOURCE_OF_HOTLINE",
    "TAKE_OVER",
    "WAITING",
    "Allegation",
    "AllegationQuerySet",
    "AllegationStatus",
    "Appeal",
    "Attachment",
    "Authority",
    "AuthorityChoice",
    "Call",
    "CallQuerySet",
    "ClockKind",
    "Concern",
    "Deadline",
    "DeadlineQuerySet",
    "Decision",
    "Escalation",
    "EscalationQuerySet",
    "Feared",
    "FollowUp",
    "Hotline",
    "How",
    "Identification",
    "IdentificationStatus",
    "Leaflet",
    "LeafletFor",
    "NeedStatus",
    "OfOrganisationQuerySet",
    "OfReferralQuerySet",
    "Onward",
    "OnwardQuerySet",
    "OnwardReminder",
    "OnwardStatus",
    "Participant",
    "ParticipantStatus",
    "Received",
    "Referral",
    "ReferralIndicator",
    "ReferralQuerySet",
    "ReferralStatus",
    "Related",
    "ReminderKind",
    "RiskAssessment",
    "Route",
    "Screened",
    "Screening",
    "ScreeningTarget",
    "Seen",
    "SitePerson",
    "Submission",
    "UrgentNeed",
    "Visit",
    "VisitQuerySet",
    "Worksite",
]
