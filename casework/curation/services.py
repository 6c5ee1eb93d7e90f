"""What the organisation itself does: progress on recommendations and plans, trainings, declarations, licences."""

import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.curation.models import (
    ACTIVITIES,
    BODIES,
    LICENCES,
    RECOMMENDATIONS,
    Declaration,
    LicenceReminder,
    Progress,
    ProgressStatus,
    Training,
)
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.workflow import Refused, Stale, lock
from reference import codes
from reference.models import Entry

FOLLOWED = (RECOMMENDATIONS, ACTIVITIES)


@transaction.atomic
def record_progress(*, entry: Entry, version: int, recorded_by: User, now: datetime.datetime, **said: str) -> Progress:
    """Record what the organisation does about a recommendation or an activity.

    `version` is 0 where nothing was recorded yet. Raises `Stale` when somebody saved meanwhile, `Refused` when it is
    said to be done without saying where one sees it.
    """
    require(recorded_by, "curation.record_progress")
    if entry.section not in FOLLOWED:
        raise Refused(_("Progress is recorded on recommendations and on activities of plans."))
    said = {name: text.strip() for name, text in said.items()}
    if said["status"] not in ProgressStatus.values:
        raise Refused(_("Choose one of the answers that are offered."), field="status")
    if said["status"] == ProgressStatus.DONE and not said["evidence"]:
        raise Refused(_("What is done needs evidence: say where one sees it."), field="evidence")
    held = Progress.objects.filter(organisation=recorded_by.organisation_id, entry=entry).first()
    if held is None:
        fresh, changed = Progress(organisation_id=recorded_by.organisation_id, entry=entry, **said), list(said)
    else:
        fresh = lock(held, version=version)
        changed = [name for name, text in said.items() if getattr(fresh, name) != text]
        if not changed:
            return fresh
        fresh.version += 1
        for name in changed:
            setattr(fresh, name, said[name])
    fresh.recorded_by, fresh.recorded_at = recorded_by, now
    try:
        with transaction.atomic():
            fresh.save(force_insert=held is None)
    except IntegrityError:  # two who recorded the first at once
        raise Stale(Progress.objects.get(organisation=recorded_by.organisation_id, entry=entry)) from None
    audit.act("record_progress", fresh, by=recorded_by, fields=changed)
    return fresh


# Trainings -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def record_training(*, recorded_by: User, now: datetime.datetime, **said: Any) -> Training:
    """Record a training that the organisation held. Raises `Refused` for what cannot be."""
    require(recorded_by, "curation.record_training")
    _refuse_strange(said, now)
    training = Training(organisation_id=recorded_by.organisation_id, recorded_by=recorded_by, recorded_at=now, **said)
    training.save(force_insert=True)
    audit.act("record_training", training, by=recorded_by)
    return training


@transaction.atomic
def amend_training(
    *, training: Training, version: int, amended_by: User, now: datetime.datetime, **said: Any
) -> Training:
    """Correct what was recorded of a training. Raises `Stale` when somebody saved it since `version`."""
    require(amended_by, "curation.record_training")
    if training.organisation_id != amended_by.organisation_id:
        raise Refused(_("Your role may not do this."))
    fresh = lock(training, version=version)
    _refuse_strange(said, now)
    changed = [name for name, value in said.items() if getattr(fresh, name) != value]
    if not changed:
        return fresh
    for name in changed:
        setattr(fresh, name, said[name])
    fresh.version += 1
    fresh.recorded_by, fresh.recorded_at = amended_by, now
    fresh.save()
    audit.act("amend_training", fresh, by=amended_by, fields=changed)
    return fresh


def _refuse_strange(said: dict[str, Any], now: datetime.datetime) -> None:
    if said["held_on"] > timezone.localdate(now):
        raise Refused(_("This date is in the future."), field="held_on")
    if said["head_count"] < 0:
        raise Refused(_("Fewer than nobody cannot be trained."), field="head_count")
    if not said["groups"] or any(not codes.is_code("trained_groups", group) for group in said["groups"]):
        raise Refused(_("Choose one of the answers that are offered."), field="groups")
    if said["body"] is not None and said["body"].section != BODIES:
        raise Refused(_("Choose one of the answers that are offered."), field="body")
    refuse_outside_scale(said["satisfaction"], said["scale_min"], said["scale_max"])


def refuse_outside_scale(value: Decimal | None, least: Decimal | None, most: Decimal | None) -> None:
    """A score means something within its scale alone: 8 out of 5, as one report prints, is refused."""
    if (least is None) != (most is None):
        raise Refused(_("A scale has a bottom and a top: give both."), field="scale_max" if least else "scale_min")
    if least is None or most is None:
        if value is not None:
            raise Refused(_("Say on which scale: give its bottom and its top."), field="scale_min")
        return
    if least >= most:
        raise Refused(_("The top of the scale must be above its bottom."), field="scale_max")
    if value is not None and not least <= value <= most:
        raise Refused(
            _("%(value)s is outside %(least)s to %(most)s.")
            % {"value": plain(value), "least": plain(least), "most": plain(most)},
            field="satisfaction",
        )


def plain(value: Decimal) -> str:
    """A number without zeros at its end: 8, 4.5."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# Declarations --------------------------------------------------------------------------------------------------------


@transaction.atomic
def record_declaration(*, user: User, made_on: datetime.date, recorded_by: User, now: datetime.datetime) -> Declaration:
    """Record that a colleague declared that none of the four legal consequences of conviction applies to them."""
    require(recorded_by, "curation.record_declaration")
    if user.organisation_id != recorded_by.organisation_id:
        raise Refused(_("Your role may not do this."))
    if made_on > timezone.localdate(now):
        raise Refused(_("This date is in the future."), field="made_on")
    declaration = Declaration(user=user, made_on=made_on, recorded_by=recorded_by, recorded_at=now)
    try:
        with transaction.atomic():
            declaration.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("A declaration of that day is recorded already."), field="made_on") from None
    audit.act("record_declaration", declaration, user, by=recorded_by)
    return declaration


# Licences ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def remind_of_licences(*, today: datetime.date, now: datetime.datetime) -> int:
    """Tell admins that a licence ends within LICENCE_REMINDER_DAYS, once for each licence and last day."""
    until = today + datetime.timedelta(days=settings.LICENCE_REMINDER_DAYS)
    ending = Entry.objects.in_section(LICENCES).filter(valid_until__gte=today, valid_until__lte=until)
    told = 0
    for licence in ending:
        assert licence.valid_until is not None  # noqa: S101  (the filter says so; for the type checker)
        reminder, is_new = LicenceReminder.objects.get_or_create(
            licence=licence, valid_until=licence.valid_until, defaults={"told_at": now}
        )
        if not is_new:
            continue
        audit.act("remind_of_licence", reminder, by=None)
        told += 1
    if told:
        admins = User.objects.filter(is_active=True, groups__name=Role.ADMIN)
        tell(admins, Subject.LICENCE_ENDS, reference="licences", path=reverse("curation:licences"))
    return told
