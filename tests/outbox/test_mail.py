"""Mail: a number and a link, at least once, always with the same id, and never to somebody who has left."""

import datetime
import re
import smtplib

import pytest
from django.core import mail as outgoing
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.utils import timezone, translation

from casework.access.models import Duty, User
from casework.config.given import hours
from casework.outbox import mail as mails
from casework.outbox.models import Mail, Message, Notification, Subject
from casework.outbox.quiet import mail_due_at
from casework.outbox.services import claim_waiting, deliver, oldest_unsent, state, tell

NUMBER, PATH = "C-2026-000001", "/cases/C-2026-000001/"
TELLING = re.compile(r"traffic|victim|trgovin|žrtv|трговин|жртв|exploit|witness|shelter|decision", re.IGNORECASE)


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = "https://site.example/"
    settings.DEFAULT_FROM_EMAIL = "Casework <no-reply@site.example>"


def told(user, subject=Subject.CASE_ASSIGNED, reference=NUMBER, path=PATH):
    user.email = user.email or f"{user.username}@post.example"
    user.save()
    tell([user], subject, reference=reference, path=path)
    message = Message.objects.order_by("-created_at").first()
    deliver(str(message.pk))
    return Mail.objects.filter(message=message).first()


class Refusing:
    """A mail server that answers with an error so many times."""

    def __init__(self, monkeypatch, problem, times=1):
        self.problem, self.times, self.tried = problem, times, []
        monkeypatch.setattr(mails.EmailMessage, "send", self._send_through(mails.EmailMessage.send))

    def _send_through(self, send):
        def through(message, *args, **how):
            self.tried.append(message)
            if len(self.tried) <= self.times:
                raise self.problem
            return send(message, *args, **how)

        return through


def test_it_holds_a_number_and_a_link_and_nothing_else(cast, settings):
    settings.LANGUAGE_CODE = "en"
    mail = told(cast.ana, Subject.DECISION_RECORDED)
    with translation.override("sr"):  # the language of the installation, not of whoever asked last
        mails.send(str(mail.pk), now=timezone.now())
    (letter,) = outgoing.outbox
    assert letter.subject == f"New message: {NUMBER}"
    said = "There is something new for you. Sign in to read it:"
    assert letter.body == f"{NUMBER}\n\n{said}\n\nhttps://site.example{PATH}\n"
    assert letter.to == ["ana@post.example"]
    assert cast.ana.full_name not in str(letter.message())


def test_its_words_tell_nobody_anything(cast, settings):
    for subject in Subject:
        mail = told(cast.ana, subject)
        for settings.LANGUAGE_CODE in ("en", "sr", "sr-latn"):
            letter = mails.letter(mail, cast.ana.email)
            assert not TELLING.search(letter.subject + letter.body), (subject, settings.LANGUAGE_CODE)


def test_a_user_name_is_no_number(cast):
    letter = mails.letter(
        told(cast.ana, Subject.ROLE_REQUESTED, reference="boris", path="/access/"), "ana@post.example"
    )
    assert "boris" not in str(letter.message())


def test_a_failure_is_a_code_and_is_tried_again_later_and_later_with_the_same_id(cast, monkeypatch, settings, caplog):
    server = Refusing(monkeypatch, smtplib.SMTPServerDisconnected("ana@post.example said no"), times=3)
    mail = told(cast.ana)
    pauses = []
    for _ in range(4):
        claim_waiting(Mail)
        mails.send(str(mail.pk), now=timezone.now())
        mail.refresh_from_db()
        if mail.sent_at is None:
            pauses.append(round((mail.due_at - timezone.now()).total_seconds() / settings.MAIL_RETRY_SECONDS))
            assert (mail.error, mail.claimed_at, mail.refused) == ("connection", None, False)
            assert claim_waiting(Mail) == []  # not before its time
            Mail.objects.update(due_at=timezone.now())
    assert pauses == [1, 2, 4]
    assert (mail.attempts, mail.error) == (4, "")
    assert {letter.extra_headers["Message-ID"] for letter in server.tried} == {f"<{mail.pk}@site.example>"}
    assert {letter.extra_headers["Idempotency-Key"] for letter in server.tried} == {str(mail.pk)}
    assert len({str(letter.message()) for letter in server.tried}) == 1
    assert "post.example" not in caplog.text
    mails.send(str(mail.pk), now=timezone.now())  # a doubled task sends nothing
    assert len(outgoing.outbox) == 1


@pytest.mark.parametrize(
    ("problem", "code", "for_good"),
    [
        (smtplib.SMTPRecipientsRefused({"ana@post.example": (550, b"no such user ana")}), "recipient-550", True),
        (smtplib.SMTPRecipientsRefused({"ana@post.example": (451, b"later")}), "recipient-451", False),
        (smtplib.SMTPSenderRefused(553, b"who", "x@y"), "sender-553", False),
        (smtplib.SMTPDataError(554, b"spam"), "data-554", True),
        (smtplib.SMTPAuthenticationError(535, b"no"), "sign-in-535", False),
        (smtplib.SMTPConnectError(421, b"busy"), "server-421", False),
        (TimeoutError(), "timeout", False),
        (ConnectionRefusedError(), "connection", False),
        (ValueError("bad address"), "address", True),
    ],
)
def test_what_the_server_says_becomes_a_code(cast, monkeypatch, problem, code, for_good):
    Refusing(monkeypatch, problem)
    mail = told(cast.ana)
    mails.send(str(mail.pk), now=timezone.now())
    mail.refresh_from_db()
    assert (mail.error, mail.refused) == (code, for_good)
    # an address that is refused for good is the admin's to correct; it is no standstill of the outbox
    assert state(timezone.now()).refused == for_good
    assert (oldest_unsent(timezone.now()) is None) == for_good


def test_a_corrected_address_gets_the_mail_in_the_end(cast, monkeypatch, capsys):
    Refusing(monkeypatch, smtplib.SMTPRecipientsRefused({"old@post.example": (550, b"gone")}))
    mail = told(cast.ana)
    mails.send(str(mail.pk), now=timezone.now())
    mail.refresh_from_db()
    assert mail.due_at > timezone.now() + datetime.timedelta(hours=5)
    call_command("outbox")  # says whose address is to be corrected, and not the address
    said = capsys.readouterr().out
    assert "recipient-550: the address of ana" in said
    assert "@" not in said
    cast.ana.email = "new@post.example"
    cast.ana.save()
    mails.send(str(mail.pk), now=mail.due_at)
    mail.refresh_from_db()
    assert mail.sent_at
    assert not mail.refused
    assert outgoing.outbox[0].to == ["new@post.example"]


def test_nobody_without_an_address_or_without_an_account_gets_mail(cast, settings):
    cast.boris.email = ""
    tell([cast.boris], Subject.CASE_ASSIGNED, reference=NUMBER, path=PATH)
    deliver(str(Message.objects.get().pk))
    assert not Mail.objects.exists()
    cast.ana.is_active = False
    assert told(cast.ana) is None
    assert Notification.objects.count() == 2


def test_an_account_that_is_disabled_meanwhile_gets_no_mail(cast):
    mail = told(cast.ana)
    cast.ana.is_active = False
    cast.ana.save()
    mails.send(str(mail.pk), now=timezone.now())
    mail.refresh_from_db()
    assert (mail.sent_at, mail.attempts) == (None, 0)
    assert mail.closed_at
    assert outgoing.outbox == []
    assert oldest_unsent(timezone.now()) is None


def test_without_a_mail_server_no_mail_is_said_to_be_sent(cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    assert told(cast.ana) is None


def test_somebody_who_may_no_longer_see_the_record_learns_a_number_only(cast, as_user):
    """The link of a mail is an address like any other: behind it is nothing for them."""
    mail = told(cast.ana)
    mails.send(str(mail.pk), now=timezone.now())
    link = outgoing.outbox[0].body.split()[-1]
    assert link == f"https://site.example{PATH}"
    assert as_user(cast.ana).get(PATH).status_code == 404


@pytest.mark.parametrize(
    ("hours", "at", "due"),
    [
        ((22, 7), "2026-03-27T23:30", "2026-03-28T07:00"),  # a night
        ((22, 7), "2026-03-28T01:59", "2026-03-28T07:00"),
        ((22, 7), "2026-03-28T23:00", "2026-03-29T07:00"),  # in it summer time begins
        ((22, 7), "2026-03-27T07:00", "2026-03-27T07:00"),
        ((1, 5), "2026-03-27T04:59", "2026-03-27T05:00"),
        ((1, 5), "2026-03-27T00:59", "2026-03-27T00:59"),
        (None, "2026-03-27T03:00", "2026-03-27T03:00"),
    ],
)
def test_in_quiet_hours_mail_waits_until_they_end(settings, hours, at, due):
    settings.QUIET_HOURS = hours
    moment, expected = (timezone.make_aware(datetime.datetime.fromisoformat(text)) for text in (at, due))
    assert mail_due_at(User(), moment) == expected


def test_the_notification_does_not_wait_and_whoever_is_on_duty_gets_the_mail(cast, settings):
    hour = timezone.localtime().hour
    settings.QUIET_HOURS = (hour, (hour + 2) % 24)
    waiting = told(cast.ana)
    assert waiting.due_at > timezone.now()
    assert Notification.objects.filter(recipient=cast.ana).exists()
    assert claim_waiting(Mail) == []
    assert oldest_unsent(timezone.now()) is None  # nothing stands still: it waits for the morning
    now = timezone.now()
    Duty.objects.create(
        organisation=cast.home,
        user=cast.boris,
        starts_at=now - datetime.timedelta(hours=1),
        ends_at=now + datetime.timedelta(hours=1),
        set_by=cast.vesna,
    )
    assert claim_waiting(Mail) == [] and told(cast.boris).due_at <= timezone.now()


@pytest.mark.parametrize("given", ["22", "22,22", "22,24", "22,7,8", "a,b", "-1,7"])
def test_hours_that_are_none_stop_the_start_with_a_sentence(monkeypatch, given):
    monkeypatch.setenv("CASEWORK_QUIET_HOURS", given)
    with pytest.raises(ImproperlyConfigured, match="two different hours"):
        hours("CASEWORK_QUIET_HOURS")
