"""Rules for what a referral says of the way on which it came, and of what is feared: the same in every form."""

from django.utils.translation import gettext as _

from casework.access.models import User
from casework.people.models import Answer
from casework.vault.content import Kind
from casework.workflow import Refused, lock
from reference import codes
from referrals.models import MOBILE_TEAM, Feared, Referral, Visit


def check_way(referral: Referral) -> None:
    """Raise `Refused` for what contradicts itself: a reference without material, a violence without its kind."""
    answers = (referral.seen_in_material, referral.cyber_means, referral.committed_abroad)
    if referral.concern not in Feared.values or not set(answers) <= set(Answer.values):
        raise Refused(_("Choose one of the answers that are offered."))
    if codes.unknown("related_violence", referral.related_violence):
        raise Refused(_("Choose the kind of violence from the list."), field="related_violence")
    if referral.concern == Feared.VIOLENCE_ONLY:
        if referral.suspected_forms:
            raise Refused(
                _("Forms of exploitation are suspected. Then it is not other violence only: change one of the two."),
                field="concern",
            )
        if not referral.related_violence:
            raise Refused(_("Say which violence it is."), field="related_violence")
    if referral.material_reference and referral.seen_in_material != Answer.YES:
        raise Refused(
            _("Say that the person was seen in material, or leave its reference number empty."),
            field="seen_in_material",
        )


def refuse_kept_material(referral: Referral) -> None:
    """Raise `Refused` when somebody was seen in material, and files that may show it are still among ours."""
    if referral.attachments.filter(error_at=None).exclude(kind=Kind.TEXT).exists():
        raise Refused(
            _(
                "Pictures or documents are attached to this referral. Mark them as entered in error first: of material "
                "that shows abuse only the reference number is kept."
            ),
            field="seen_in_material",
        )


def came_of(visit: Visit, source: str, user: User) -> None:
    """Raise `Refused` unless a referral of this source may point at this visit."""
    if not Visit.objects.is_visible_to(user, visit):
        raise Refused(_("You do not see this visit. Log the referral without it."))
    if lock(visit).entered_in_error:
        raise Refused(_("This visit is marked as entered in error. Nothing more can be done with it."))
    if source != MOBILE_TEAM:
        raise Refused(_("This referral comes of a team's visit: the mobile team told us."), field="source")
