"""The mail of a message: a reference number and a link, in words that tell nobody anything."""

import datetime
import email.utils
import logging
import re
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from casework.outbox.models import Mail, Message

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 6 * 60 * 60
NUMBER = re.compile(r"[A-Z]-\d{4}-\d{1,9}")  # a reference may also be a user name, which no mail holds


@transaction.atomic
def send(mail_id: str, *, now: datetime.datetime) -> None:
    """Send one mail and note it. The row stays locked meanwhile, so that no other worker sends it too.

    When the worker is killed between the mail server's answer and the commit, it is sent again with the same id.
    """
    waiting = Mail.objects.waiting().filter(pk=mail_id)
    mail = waiting.select_for_update(of=("self",), skip_locked=True).select_related("message__recipient").first()
    if mail is None:  # sent, or somebody is just sending it
        return
    recipient = mail.message.recipient
    if not recipient.is_active or not recipient.email:
        mail.closed_at, mail.claimed_at = now, None
        mail.save()
        return
    mail.attempts += 1
    try:
        letter(mail, recipient.email).send()
    except (smtplib.SMTPException, OSError, ValueError) as problem:
        mail.error, mail.refused = _code(problem)
        mail.claimed_at = None
        mail.due_at = timezone.now() + _pause(mail)
        log.warning("Mail %s could not be sent: %s, attempt %s.", mail.pk, mail.error, mail.attempts)
    else:
        mail.error, mail.refused = "", False
        mail.sent_at = mail.closed_at = timezone.now()
    mail.save()


def letter(mail: Mail, address: str) -> EmailMessage:
    """What is sent: the same every time, but for the address. Never the sentence, which says what happened."""
    message: Message = mail.message
    number = message.reference if NUMBER.fullmatch(message.reference) else ""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("New message: %(number)s") % {"number": number} if number else _("New message")
        body = _("There is something new for you. Sign in to read it:")
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
    return EmailMessage(
        subject=subject,
        body="\n\n".join(filter(None, [number, body, settings.SITE_URL.rstrip("/") + message.path])) + "\n",
        to=[address],
        headers={
            "Message-ID": f"<{mail.pk}@{domain}>",
            "Idempotency-Key": str(mail.pk),
            "Date": email.utils.format_datetime(mail.created_at),
            "Auto-Submitted": "auto-generated",  # no answer from an absent reader's machine
        },
    )


def _pause(mail: Mail) -> datetime.timedelta:
    """Twice as long after each attempt, up to six hours; six hours at once for an address that is refused for good."""
    grown = settings.MAIL_RETRY_SECONDS * 2 ** min(mail.attempts - 1, 16)
    return datetime.timedelta(seconds=LONGEST_PAUSE_SECONDS if mail.refused else min(grown, LONGEST_PAUSE_SECONDS))


def _code(problem: Exception) -> tuple[str, bool]:
    """A code for what went wrong, and whether the address was refused for good."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        answers = [code for code, _words in problem.recipients.values()] or [0]
        return f"recipient-{answers[0]}", 500 <= answers[0] < 600
    if isinstance(problem, smtplib.SMTPSenderRefused):
        return f"sender-{problem.smtp_code}", False
    if isinstance(problem, smtplib.SMTPDataError):
        return f"data-{problem.smtp_code}", 500 <= problem.smtp_code < 600
    if isinstance(problem, smtplib.SMTPAuthenticationError):
        return f"sign-in-{problem.smtp_code}", False
    if isinstance(problem, smtplib.SMTPResponseException):
        return f"server-{problem.smtp_code}", False
    if isinstance(problem, TimeoutError):
        return "timeout", False
    if isinstance(problem, ValueError):
        return "address", True  # no mail can be written to it
    return "connection", False
