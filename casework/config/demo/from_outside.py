"""What comes to the demo's organisation from other bodies' programs: keys, a referral sent with one, a file on it."""

import datetime

from django.utils import timezone

from casework.access import key_services
from casework.access.key_models import ApiKey
from casework.access.models import User
from casework.config.demo.history import History
from casework.config.demo.stories import DAY, HOUR
from referrals import services
from referrals.services.attachments import Brought

NOTE = "Poruka sa telefona (izmišljeno): „Dođi na stanicu u 18h, dokumenta su kod mene.“\n"


def add_from_outside(history: History, users: dict[str, User], now: datetime.datetime) -> None:
    """Put two keys, one of them revoked, and what a mobile team sent with the other into the history."""
    ivana, responder = users["ivana"], users["milan"]

    def keys(moment: datetime.datetime) -> None:
        last = timezone.localdate(moment) + 180 * DAY
        body = responder.organisation
        lost, _token = key_services.make_key(
            name="Stari telefon", body=body, scopes=["submit"], expires_on=last, now=moment, made_by=ivana
        )
        key_services.revoke_key(key=lost, now=moment, revoked_by=ivana)
        scopes = ["submit", "attach", "status"]
        key, _token = key_services.make_key(
            name="Mobilni tim", body=body, scopes=scopes, expires_on=last, now=moment, made_by=ivana
        )
        history.at(now - 6 * HOUR, lambda later: send(key, later))

    def send(key: ApiKey, moment: datetime.datetime) -> None:
        referral, _new = services.submit_once(
            mark="demo-mobile-team",
            content={},
            receive=lambda: services.submit_referral(
                organisation=ivana.organisation,
                source="mobile-team",
                channel="mobile-application",
                person={"sex": "female"},
                given_age=19,
                summary="Razgovor na autobuskoj stanici (izmišljeno).",
                referrer_name="Mobilni tim (izmišljeno)",
                now=moment,
                submitted_by=key.account,
            ),
            now=moment,
            submitted_by=key.account,
            key=key,
        )
        services.attach_files(
            referral=referral,
            brought=[Brought("poruka.txt", NOTE.encode())],
            now=moment,
            attached_by=key.account,
        )

    history.at(now - 20 * DAY, keys)
