"""What an organisation itself does: evidence, scales, licences that end, declarations; nobody else's."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from casework.curation import services
from casework.curation.figures import by_year, by_year_and_group
from casework.curation.models import Declaration, LicenceReminder, Progress, Training
from casework.outbox.models import Message
from casework.workflow import Refused, Stale
from reference import services as reference
from reference.models import Entry

pytestmark = pytest.mark.django_db


def recommendation(number=1):
    return Entry.objects.get(section="code_lists.tip_recommendations", code=f"tip-rec-{number:02}")


def record(by, entry=None, version=0, **said):
    asked = {"status": "in-progress", "what": "", "target": "", "actual": "", "evidence": ""} | said
    return services.record_progress(
        entry=entry or recommendation(), version=version, recorded_by=by, now=timezone.now(), **asked
    )


def train(by, **said):
    asked = {
        "held_on": date(2026, 3, 1),
        "topic": "First contact",
        "groups": ["police"],
        "body": None,
        "head_count": 12,
        "satisfaction": None,
        "scale_min": None,
        "scale_max": None,
    }
    return services.record_training(recorded_by=by, now=timezone.now(), **(asked | said))


@pytest.mark.requirement("f-monitoring")
def test_without_evidence_nothing_is_done(loaded):
    with pytest.raises(Refused, match="needs evidence"):
        record(loaded.vesna, status="done", evidence="  ")
    held = record(loaded.vesna, status="done", evidence="Report of 1 March")
    for empty in ("", " "):
        with pytest.raises(IntegrityError), transaction.atomic():
            Progress.objects.filter(pk=held.pk).update(evidence=empty)


def test_two_who_record_at_once_are_shown_what_differs(loaded, as_user):
    record(loaded.vesna, what="Hers")
    with pytest.raises(Stale):
        record(loaded.ivana, what="His")
    url = reverse("curation:record-progress", args=["recommendations", "tip-rec-01"])
    page = as_user(loaded.ivana).post(url, {"version": 0, "status": "in-progress", "what": "Mine"}).content.decode()
    assert "Hers" in page and "Mine" in page
    assert Progress.objects.get().what == "Hers"


def test_progress_is_kept_on_recommendations_and_activities_alone_and_by_those_who_may(loaded):
    with pytest.raises(Refused, match="Progress is recorded on"):
        record(loaded.vesna, Entry.objects.filter(section="offences.offences").first())
    with pytest.raises(Refused, match="role"):
        record(loaded.ana)


def test_another_organisation_sees_none_of_it(loaded, as_user):
    record(loaded.vesna, what="Slavujka plans", status="done", evidence="Slavujka report")
    training = train(loaded.vesna, topic="Slavujka topic")
    services.record_declaration(user=loaded.ana, made_on=date(2026, 1, 1), recorded_by=loaded.ivana, now=timezone.now())
    client = as_user(loaded.dragan)
    for name in ("recommendations", "activities", "trainings"):
        assert "Slavujka" not in client.get(reverse(f"curation:{name}")).content.decode()
    assert client.get(reverse("curation:amend-training", args=[training.pk])).status_code == 404
    loaded.dragan.groups.set(loaded.ivana.groups.all())
    admin = type(loaded.dragan).objects.get(pk=loaded.dragan.pk)
    assert not Declaration.objects.visible_to(admin).exists()
    assert loaded.ana.full_name not in as_user(admin).get(reverse("curation:declarations")).content.decode()
    with pytest.raises(Refused):
        services.record_declaration(user=loaded.ana, made_on=date(2026, 1, 2), recorded_by=admin, now=timezone.now())


@pytest.mark.requirement("s-recommendations")
def test_twelve_recommendations_in_their_order_each_linked_to_what_serves_it(
    loaded, as_user, django_assert_max_num_queries
):
    record(loaded.vesna, recommendation(12), status="done", evidence="The page of figures")
    client = as_user(loaded.ivana)
    with django_assert_max_num_queries(10):
        page = client.get(reverse("curation:recommendations")).content.decode()
    rows = re.findall(r'<tr class="govuk-table__row">.*?</tr>', page, re.S)[1:]
    assert len(rows) == 12
    for number, row in enumerate(rows, 1):
        assert re.search(rf">{number}<", row)
    assert reverse("statistics:annual-report") in rows[11] and "Done" in rows[11] and "The page of figures" in rows[11]
    as_ana = as_user(loaded.ana).get(reverse("curation:recommendations")).content.decode()
    rows = re.findall(r'<tr class="govuk-table__row">.*?</tr>', as_ana, re.S)[1:]
    assert reverse("referrals:referrals") in rows[4] and reverse("statistics:annual-report") not in as_ana


@pytest.mark.requirement("s-monitoring-tool", "s-action-plans")
def test_target_and_actual_stand_apart_and_so_do_the_periods(loaded, as_user, django_assert_max_num_queries):
    entry = Entry.objects.get(section="directory.activities", code="local-action-plans")
    record(loaded.vesna, entry, target="8 plans", actual="3 plans")
    client = as_user(loaded.vesna)
    with django_assert_max_num_queries(10):
        page = client.get(reverse("curation:activities")).content.decode()
    assert page.count('data-head="Target"') == page.count('data-head="Actual"') == 2 * 6
    assert re.search(r'data-head="Target">[^/]*8 plans', page) and re.search(r'data-head="Actual">[^/]*3 plans', page)
    assert re.search(r'data-head="Period of the plan">[^/]*2024-2029', page)
    assert re.search(r'data-head="Period of the funding">[^/]*2024-2026', page)


@pytest.mark.requirement("f-survey-scale", "s-training-log")
def test_a_score_stands_within_its_scale(loaded, as_user):
    said = {"satisfaction": Decimal(8), "scale_min": Decimal(1), "scale_max": Decimal(5)}
    with pytest.raises(Refused, match="8 is outside 1 to 5"):
        train(loaded.vesna, **said)
    posted = {"version": 0, "held_on": "1.3.2026.", "topic": "T", "groups": ["police"], "head_count": 12}
    posted |= {"satisfaction": "8", "scale_min": "1", "scale_max": "5"}
    page = as_user(loaded.vesna).post(reverse("curation:record-training"), posted).content.decode()
    assert "8 is outside 1 to 5" in page and 'value="12"' in page
    assert not Training.objects.exists()
    held = train(loaded.vesna, **said | {"satisfaction": Decimal("4.5")})
    for wrong in (
        {"satisfaction": 8},
        {"scale_max": 1},
        {"scale_max": None},
        {"scale_min": None, "scale_max": None},
        {"head_count": -1},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Training.objects.filter(pk=held.pk).update(**wrong)


@pytest.mark.requirement("s-training-log", "s-training-police", "s-placement-trained")
def test_own_counts_stand_apart_from_published_ones(loaded, as_user, django_assert_max_num_queries):
    body = Entry.objects.get(section="organisations.organisations", code="atina")
    train(loaded.vesna, body=body, groups=["police", "judges"])
    train(loaded.vesna, head_count=5)
    own = list(Training.objects.visible_to(loaded.vesna))
    assert by_year(own) == [["2026", 2, 17]]
    assert [row[2:] for row in by_year_and_group(own)] == [[1, 12], [2, 17]]  # judges, police
    client = as_user(loaded.vesna)
    with django_assert_max_num_queries(10):
        page = client.get(reverse("curation:trainings")).content.decode()
    ours, _found, published = page.partition("What others published")
    assert "439" in published and ">70<" in published and "8/5" in published and "Contradicted" in published
    assert ">439<" in published and ">439<" not in ours and ">17<" in ours and ">456<" not in page
    providers = published.rpartition("Providers:")[2]
    rows = re.findall(r"<tr.*?</tr>", providers, re.S)[1:]
    trained = [row for row in rows if "Yes" in row]
    assert len(trained) == 1 and "Atina" in trained[0] and "First contact" in trained[0]
    assert sum("None recorded" in row for row in rows) >= 5


def test_a_training_is_corrected_and_a_stale_form_is_told(loaded, as_user):
    held = train(loaded.vesna)
    url = reverse("curation:amend-training", args=[held.pk])
    posted = {"version": 1, "held_on": "1.3.2026.", "topic": "Another", "groups": ["police"], "head_count": 9}
    client = as_user(loaded.ivana)
    assert client.post(url, posted).status_code == 302
    page = client.post(url, posted | {"topic": "Third"}).content.decode()
    assert "Third" in page and "Another" in page
    held.refresh_from_db()
    assert (held.topic, held.head_count, held.version) == ("Another", 9, 2)


def licence(until):
    return reference.write_entry(
        section="directory.licences",
        code="primer",
        data={
            "holder": "Primer",
            "kind": "licence of an NGO",
            "status": "granted",
            "valid_until": until.isoformat(),
            "source": {"given_by": "Gazette", "given_on": "2026-01-01"},
        },
        reason="Test",
    )


@pytest.mark.requirement("f-ngo-licensing")
def test_admins_are_told_once_per_licence_and_end(loaded, settings):
    today = timezone.localdate()
    settings.LICENCE_REMINDER_DAYS = 30
    for days, told in ((31, 0), (30, 1), (30, 0), (20, 1), (-1, 0)):
        licence(today + timedelta(days=days))
        assert services.remind_of_licences(today=today, now=timezone.now()) == told, days
    messages = Message.objects.filter(subject="licence-ends")
    assert {one.recipient for one in messages} == {loaded.ivana} and messages.count() == 2
    assert all("Primer" not in f"{one.reference}{one.path}" for one in messages)
    first = LicenceReminder.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        LicenceReminder.objects.create(licence=first.licence, valid_until=first.valid_until, told_at=timezone.now())


@pytest.mark.requirement("f-ngo-licensing")
def test_the_gap_between_allocated_and_disbursed_is_shown(loaded, as_user, django_assert_max_num_queries):
    licence(timezone.localdate() + timedelta(days=12))
    client = as_user(loaded.ana)
    with django_assert_max_num_queries(10):
        page = client.get(reverse("curation:licences")).content.decode()
    row = next(row for row in re.findall(r"<tr.*?</tr>", page, re.S) if "not disbursed" in row)
    assert row.count("22,000,000 RSD") == 2  # allocated, and the gap
    assert re.search(r'data-head="Days left">[^/]*12', page)


@pytest.mark.requirement("s-legal-consequences")
def test_who_has_declared_and_who_has_not(loaded, as_user, django_assert_max_num_queries):
    client, url = as_user(loaded.ivana), reverse("curation:declarations")
    with django_assert_max_num_queries(10):
        page = client.get(url).content.decode()
    law = page.partition("</table>")[0]
    assert len(re.findall(r"<tr", law)) == 5 and "termination of public office" in law
    assert "Not declared" in page
    posted = {"user": loaded.ana.pk, "made_on": "2.3.2026.", "sure": "on"}
    assert client.post(url, posted).status_code == 302
    assert "already" in client.post(url, posted).content.decode()
    assert Declaration.objects.get().user == loaded.ana
    strange = client.post(url, posted | {"user": loaded.dragan.pk})
    assert strange.status_code == 200 and Declaration.objects.count() == 1
    for spoil in (
        lambda: Declaration.objects.update(made_on=date(2026, 1, 1)),
        lambda: Declaration.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            spoil()


@pytest.mark.requirement("s-special-register", "f-register-secrecy")
def test_no_model_has_a_field_for_dna_or_for_what_the_register_holds():
    """The register is not public: nothing of what it holds, and no search in it, has a place here."""
    banned = re.compile(r"dna|genetic|biometr|fingerprint|special_register|register_(entry|number|content)|convict")
    found = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label not in ("auth", "contenttypes", "sessions", "mfa", "account")
        for field in model._meta.get_fields()
        if banned.search(field.name.lower())
    ]
    assert found == []
    assert {field.name for field in Declaration._meta.get_fields()} == {
        "id",
        "user",
        "made_on",
        "recorded_by",
        "recorded_at",
    }
