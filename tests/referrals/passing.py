"""Onward referrals as tests need them, made through the services."""

import datetime
from collections.abc import Callable, Iterable
from typing import Any

from django.utils import timezone

from casework.cases.consent import record_consent
from casework.cases.models import Case, Consent
from referrals import services
from referrals.models import Onward, Referral

SHARED = ("name", "birth_date", "sex", "language")


class Passing:
    """Of one case of a caseworker: Ana, unless told otherwise."""

    def __init__(self, cast: Any, initiated: Callable[..., Referral], by: Any = None) -> None:
        self.cast, self.initiated, self.by = cast, initiated, by or cast.ana
        self._case: Case | None = None

    def case(self, **person: Any) -> Case:
        if self._case is None:
            known = {
                "names": [{"given": "Đurđina", "family": "Ђурић-Čvorović", "kind": "used"}],
                "sex": "female",
                "birth_date": datetime.date(1995, 2, 3),
                "citizenships": ["RS"],
                "languages": ["sr"],
                "contacts": "+381 60 000",
                "safe_contact": "Call after five",
                "identifiers": "Pasoš 77",
            }
            referral = self.initiated(
                person={**known, **person},
                given_age=None,
                logged_by=self.by,
                indicators=[("passport-confiscation", "seen"), ("threats", "not-asked")],
                suspected_forms=["sex-trafficking"],
            )
            self._case = referral.case
        assert self._case is not None
        return self._case

    def consent(self, answer: str = "given", **given: Any) -> Consent:
        today = timezone.localdate()
        spoken = {"given_by": "person", "manner": "oral"} if answer in ("given", "refused", "withdrawn") else {}
        values: dict[str, Any] = {"purpose": "identification", "recipient_kind": "cptv", **spoken}
        return record_consent(
            case=self.case(), answer=answer, answered_on=today, today=today, recorded_by=self.by, **{**values, **given}
        )

    def prepare(self, **given: Any) -> Onward:
        values: dict[str, Any] = {"purpose": "identification", "recipient_kind": "cptv"}
        now = timezone.now()
        return services.prepare_onward(case=self.case(), now=now, prepared_by=self.by, **{**values, **given})

    def choose(self, onward: Onward, shared: Iterable[str], *, version: int | None = None, **texts: Any) -> Onward:
        return services.choose_shared(
            onward=onward,
            version=version or onward.version,
            shared=shared,
            today=timezone.localdate(),
            chosen_by=self.by,
            **texts,
        )

    def ready(self, shared: Iterable[str] = SHARED, *, texts: dict[str, str] | None = None, **given: Any) -> Onward:
        onward = self.prepare(**given)
        self.consent(purpose=onward.purpose, recipient_kind=onward.recipient_kind)
        return self.choose(onward, shared, **(texts or {}))

    def sent(self, shared: Iterable[str] = SHARED, *, given: dict[str, Any] | None = None, **texts: str) -> Onward:
        onward = self.ready(shared, texts=texts, **(given or {}))
        by = self.cast.vesna if onward.takes_over else self.by
        return services.send_onward(onward=onward, channel="letter", now=timezone.now(), sent_by=by)
