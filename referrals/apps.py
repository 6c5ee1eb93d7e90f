from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    """The front door: referral in, identification, and what follows from a decision."""

    name = "referrals"
    label = "referrals"
