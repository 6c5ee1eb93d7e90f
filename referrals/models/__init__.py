"""The front door: referrals in, their clocks, and the identification that follows."""

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
from .submissions import Submission

__all__ = [
    "POSITIVE",
    "Appeal",
    "Attachment",
    "Authority",
    "AuthorityChoice",
    "ClockKind",
    "Deadline",
    "DeadlineQuerySet",
    "Decision",
    "Escalation",
    "EscalationQuerySet",
    "How",
    "Identification",
    "IdentificationStatus",
    "OfReferralQuerySet",
    "Participant",
    "ParticipantStatus",
    "Referral",
    "ReferralIndicator",
    "ReferralQuerySet",
    "ReferralStatus",
    "Route",
    "Seen",
    "Submission",
]
