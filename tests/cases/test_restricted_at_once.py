"""Several people, or several windows of one, at once: limits hold, nothing is opened or decided twice."""

from django.utils import timezone

from casework.access import services as access
from casework.access.models import User
from casework.cases import services
from casework.cases.models import Case, Conflict, Opening, Sealing
from casework.workflow import Refused
from tests.cases.builders import builders
from tests.support.threads import all_at_once

WHY = {"reason_kind": "danger", "reason": "Her brother waits outside."}


def refusals(results):
    return [each for each in results if isinstance(each, Refused)]


def test_limits_and_second_people_hold_when_everything_comes_at_once(committed_db, cast, settings):
    settings.REVEALS_PER_HOUR, settings.BREAK_GLASS_PER_DAY = 3, 2
    make, now = builders(cast), timezone.now()
    case = make.case(identifiers="JMBG 1705999715123")
    others = [make.case() for _ in range(3)]

    def reveal():
        return services.reveal_field(person=case.person, field="identifiers", revealed_by=cast.ana, now=now, **WHY)

    assert len(refusals(all_at_once([reveal] * 8))) == 5
    assert Opening.objects.filter(kind="reveal").count() == 3

    def glass(number):
        return lambda: services.break_glass(number=number, broken_by=cast.boris, now=now, **WHY)

    assert len(refusals(all_at_once([glass(case.number)] * 6))) == 5  # one case, one window of time
    assert len(refusals(all_at_once([glass(each.number) for each in others]))) == 2  # two a day
    assert Opening.objects.filter(kind="break-glass").count() == 2

    opening = Opening.objects.filter(kind="break-glass").first()

    def review():
        return services.review_opening(opening=opening, verdict="justified", reason="", reviewed_by=cast.vesna, now=now)

    assert len(refusals(all_at_once([review] * 4))) == 3

    def declare():
        return services.declare_conflict(
            case=others[0], user=cast.boris, kind="other", reason="He owes them money.", declared_by=cast.vesna, now=now
        )

    assert len(refusals(all_at_once([declare] * 4))) == 3
    assert Conflict.objects.count() == 1


def test_sealing_is_decided_once_and_its_few_are_not_disabled_together(committed_db, cast):
    make, now = builders(cast), timezone.now()
    case = make.case()
    services.seal_case(case=case, named=[cast.ana, cast.boris, cast.vesna], sealed_by=cast.vesna, now=now)
    sealing = Sealing.objects.select_related("person__key", "case").get()

    def decide(user, agree):
        return lambda: services.decide_sealing(sealing=sealing, agree=agree, decided_by=user, now=now)

    results = all_at_once([decide(cast.ana, True), decide(cast.boris, False)])
    assert len(refusals(results)) == 1
    outcome = Sealing.objects.get().outcome
    assert Case.objects.get(pk=case.pk).sealed == (outcome == "agreed")

    again = make.case()
    services.seal_case(case=again, named=[cast.ana, cast.boris, cast.vesna], sealed_by=cast.vesna, now=now)

    def disable(user):
        return lambda: access.disable_user(user=user, disabled_by=cast.ivana)

    assert len(refusals(all_at_once([disable(cast.ana), disable(cast.boris)]))) == 1
    assert User.objects.filter(username__in=["ana", "boris"], is_active=True).count() == 1
