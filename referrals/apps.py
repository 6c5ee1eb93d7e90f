from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from casework.access.models import User
    from casework.cases.models import Case


class ReferralsConfig(AppConfig):
    """The front door: referral in, identification, and what follows from a decision."""

    name = "referrals"
    label = "referrals"

    def ready(self) -> None:
        """Closing and reopening a case takes its referrals along; the case page gets a tab for them."""
        from casework.access.tabs import Tab
        from casework.cases import consent
        from casework.cases import services as cases
        from casework.cases.tabs import CASE_TABS
        from referrals import services
        from referrals.tabs import REFERRAL_TABS

        def close(case: "Case", user: "User") -> None:
            services.close_referral(case=case, closed_by=user)

        def reopen(case: "Case", user: "User") -> None:
            services.reopen_referral(case=case, reopened_by=user)

        consent.ON_ANSWER.append(services.follow_consent)
        cases.ON_CLOSE.append(close)
        cases.ON_REOPEN.append(reopen)
        CASE_TABS.register(
            Tab(
                "referrals",
                _("Referrals and decisions"),
                "referrals:case-referrals",
                "referrals.view_referral",
                rows=lambda case: case.referrals.all(),
                place=30,
            )
        )
        REFERRAL_TABS.register(
            Tab(
                "risk",
                _("Risk and urgent needs"),
                "referrals:assess-risk",
                "referrals.view_referral",
                rows=lambda referral: referral.urgent_needs.valid().filter(status="open"),
                place=5,
            )
        )
        REFERRAL_TABS.register(
            Tab(
                "signs",
                _("Signs"),
                "referrals:signs",
                "referrals.view_referral",
                rows=lambda referral: referral.indicators.exclude(how="not-asked"),
                place=10,
            )
        )
        REFERRAL_TABS.register(
            Tab(
                "participants",
                _("Who is told"),
                "referrals:participants",
                "referrals.view_referral",
                rows=lambda referral: referral.participants.valid().exclude(status="withdrawn"),
                place=20,
            )
        )
        REFERRAL_TABS.register(
            Tab(
                "files",
                _("Files"),
                "referrals:attach-files",
                "referrals.view_referral",
                rows=lambda referral: referral.attachments.filter(error_at=None),
                place=80,
            )
        )
        CASE_TABS.register(
            Tab(
                "onward",
                _("Onward"),
                "referrals:case-onward",
                "referrals.send_onward",
                rows=lambda case: case.onward.all(),
                place=35,
            )
        )
        REFERRAL_TABS.register(
            Tab("leaflets", _("Leaflet on rights"), "referrals:leaflets", "referrals.view_referral", place=60)
        )
        REFERRAL_TABS.register(Tab("referral", _("Referral"), "referrals:referral", "referrals.view_referral", place=0))
