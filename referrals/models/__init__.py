"""The front door: referrals in, their clocks, and the identification that follows."""

from .allegations import Allegation, AllegationQuerySet, AllegationStatus, Concern
from .attachments import Attachment
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
from .participants import How, Participant, ParticipantStatus
from .referral import OfReferralQuerySet, Referral, ReferralIndicator, ReferralQuerySet, ReferralStatus, Seen
from .risk import NeedStatus, RiskAssessment, UrgentNeed
from .screenings import FollowUp, Screening, ScreeningTarget
from .sites import OfOrganisationQuerySet, Screened, SitePerson, Worksite

__all__ = [
    "POSITIVE",
    "Allegation",
    "AllegationQuerySet",
    "AllegationStatus",
    "Appeal",
    "Attachment",
    "Authority",
    "AuthorityChoice",
    "ClockKind",
    "Concern",
    "Deadline",
    "DeadlineQuerySet",
    "Decision",
    "Escalation",
    "EscalationQuerySet",
    "FollowUp",
    "How",
    "Identification",
    "IdentificationStatus",
    "NeedStatus",
    "OfOrganisationQuerySet",
    "OfReferralQuerySet",
    "Participant",
    "ParticipantStatus",
    "Referral",
    "ReferralIndicator",
    "ReferralQuerySet",
    "ReferralStatus",
    "RiskAssessment",
    "Route",
    "Screened",
    "Screening",
    "ScreeningTarget",
    "Seen",
    "SitePerson",
    "UrgentNeed",
    "Worksite",
]
