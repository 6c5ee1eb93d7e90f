"""Three years of invented records and the work that is due today, made once, through the services."""

import datetime
import random
from collections.abc import Callable

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from casework.access.models import Duty, User
from casework.config.demo import accounts
from casework.config.demo.accounts import CPTV, MOST, SUNCE, Place
from casework.config.demo.calls import add_calls
from casework.config.demo.curation import add_curation
from casework.config.demo.from_outside import add_from_outside
from casework.config.demo.history import History, deliver_what_is_old
from casework.config.demo.onward import add_onward, refer_identified
from casework.config.demo.oversight import add_oversight
from casework.config.demo.screening import add_screening
from casework.config.demo.stories import DAY, HOUR, House, Story, next_morning
from casework.shelter.services import add_bed, add_shelter
from referrals.models import Referral

EMERGENCY, NGO_SHELTER = "cptv-emergency-shelter", "ngo-shelter"
PER_YEAR = {SUNCE: 30, MOST: 9, CPTV: 6}  # referrals
BEDS = {SUNCE: (6, 4), MOST: (0, 3), CPTV: (6, 0)}  # of the emergency shelter, of the own house
LIVE_BEDS_DAYS = 45  # how far back the stays in the shelter that is full today began
SEED = "primer"
DUTY_AHEAD = 14  # days


def create_records(*, say: Callable[[str], object], now: datetime.datetime | None = None) -> bool:
    """Make the synthetic records of this year and the two before, unless there are referrals; says whether it did."""
    if Referral.objects.exists():
        return False
    say("Making synthetic records…")
    now = now or timezone.now()
    with transaction.atomic():
        users = {user.username: user for user in User.objects.select_related("organisation")}
        houses = {place: _house(place, users) for place in PER_YEAR}
        for place, house in houses.items():
            _add_shelters(house, place, users)
            _set_duty(house, now)
        history = History(now, users.values())
        for place, house in houses.items():
            responders = [users["milan"], users["mila"]] if place == SUNCE else []
            _past(history, house, place, responders, now)
        _today(history, houses, users, now)
        history.play()
        deliver_what_is_old(now - 2 * DAY)
    return True


@transaction.atomic
def keep_duty(now: datetime.datetime) -> None:
    """Let somebody be on duty now and in the next days, however long the demo was not started."""
    users = {user.username: user for user in User.objects.select_related("organisation")}
    for place in PER_YEAR:
        _set_duty(_house(place, users), now)


# --- who and where -------------------------------------------------------------------------------------------------
def _those(place: Place, role: str, users: dict[str, User]) -> list[User]:
    return [users[account.username] for account in accounts.PEOPLE if account.place == place and account.role == role]


def _house(place: Place, users: dict[str, User]) -> House:
    return House(accounts.organisation(place), _those(place, "caseworker", users), _those(place, "supervisor", users))


def _add_shelters(house: House, place: Place, users: dict[str, User]) -> None:
    names = {EMERGENCY: "Urgentni prihvat (primer)", NGO_SHELTER: f"Kuća {place.name.split()[-1]}"}
    for (kind, name), beds in zip(names.items(), BEDS[place], strict=True):
        if not beds:
            continue
        made = house.shelters[kind] = add_shelter(
            organisation=house.organisation,
            name=name,
            kind=kind,
            short_term=kind == EMERGENCY,
            keepers=_those(place, "shelter-keeper", users),
            added_by=house.supervisors[0],
        )
        for number in range(1, beds + 1):
            add_bed(shelter=made, name=f"Krevet {number}", added_by=house.supervisors[0])


def _set_duty(house: House, now: datetime.datetime) -> None:
    """Continue the rota: week by week in the past, day by day from now on, always from eight to eight.

    In a new one the first caseworker is on duty now.
    """
    before = Duty.objects.filter(organisation=house.organisation)
    last = before.aggregate(last=Max("ends_at"))["last"]
    start = last or datetime.datetime(now.year - 2, 1, 1, 8, tzinfo=timezone.get_default_timezone())
    turn, rows = before.count(), list[Duty]()
    while start < now + DUTY_AHEAD * DAY:
        end = _same_hour(start, 7 if start < now - 9 * DAY else 1)
        now_and_new = last is None and start <= now < end
        worker = house.caseworkers[0 if now_and_new else turn % len(house.caseworkers)]
        rows.append(
            Duty(
                organisation=house.organisation,
                user=worker,
                starts_at=start,
                ends_at=end,
                set_by=house.supervisors[0],
            )
        )
        start, turn = end, turn + 1
    Duty.objects.bulk_create(rows)


def _same_hour(moment: datetime.datetime, days: int) -> datetime.datetime:
    """Days later at the same hour in Belgrade, also across a change to summer time."""
    local = timezone.localtime(moment)
    return timezone.make_aware(local.replace(tzinfo=None) + days * DAY)


# --- the past ------------------------------------------------------------------------------------------------------
def _past(history: History, house: House, place: Place, responders: list[User], now: datetime.datetime) -> None:
    chance = random.Random(f"{SEED} {place.short_name}")  # noqa: S311
    latest = now - 3 * DAY
    linkable: Story | None = None
    for year in range(now.year - 2, now.year + 1):
        begin = datetime.datetime(year, 1, 1, 6, tzinfo=timezone.get_default_timezone())
        moments = sorted(chance.randrange(365 * 24 * 60 - 600) for _number in range(PER_YEAR[place]))
        for number, minutes in enumerate(moments):
            received_at = begin + datetime.timedelta(minutes=minutes)
            if received_at > latest:
                break
            responder = responders[number % 2] if responders and number % 6 == 0 else None
            seed = f"{SEED} {place.short_name} {year} {number}"
            story = Story(history, house, seed, received_at, responder=responder)
            linkable = _one_life(story, received_at, now, linkable)


def _one_life(
    story: Story, received_at: datetime.datetime, now: datetime.datetime, linkable: Story | None
) -> Story | None:
    """Put one referral's past into the history; returns the story that a later referral may be linked to."""
    at, chance, fate = story.at, story.chance, story.chance.random()
    logged = received_at + 1 * HOUR
    if fate < 0.09:
        at(logged, story.log)
        at(received_at + chance.uniform(3, 20) * HOUR, story.decline)
        return linkable
    if fate < 0.12:
        at(logged, story.report_place)
        at(received_at + chance.uniform(3, 20) * HOUR, story.decline)
        return linkable
    if fate < 0.15 and linkable is not None:
        at(logged, story.log)
        at(received_at + 3 * HOUR, story.link_to, earlier=linkable)
        return linkable
    if fate < 0.17:
        at(logged, story.log)
        at(received_at + 5 * HOUR, story.mark_referral_in_error)
        return linkable
    initiated = story.begin_case(received_at, late=chance.random() < 0.08)
    at(initiated + 2 * DAY, story.assess_risk)
    for _visit in range(chance.randint(1, 3)):
        at(initiated + chance.uniform(3, 90) * DAY, story.note)
    _identification(story, initiated)
    _stay(story, initiated, now)
    return story


def _identification(story: Story, initiated: datetime.datetime) -> None:
    at, chance = story.at, story.chance
    if story.invented.age is None:
        at(next_morning(initiated) + HOUR, story.decide_route)
    decided = initiated + chance.uniform(12, 80) * DAY
    outcome = chance.choices(["positive", "not_identified", "inconclusive", "discontinued", ""], [58, 14, 10, 5, 13])[0]
    if not outcome:
        return
    at(decided, story.decide, outcome=outcome)
    if outcome == "inconclusive" and chance.random() < 0.5:
        at(decided + chance.uniform(30, 70) * DAY, story.decide, outcome="positive")
    if chance.random() < 0.03:
        at(decided + 1 * DAY, story.mark_decision_in_error)
        return
    if outcome == "positive":
        refer_identified(story, decided)
    if outcome == "positive" and chance.random() < 0.5:
        _witness(story, decided)


def _witness(story: Story, decided: datetime.datetime) -> None:
    at, chance = story.at, story.chance

    def step(kind: str, after: datetime.datetime, answer: str) -> datetime.datetime:
        answered = after + chance.uniform(10, 35) * DAY
        at(after, story.ask_status, kind=kind)
        at(answered, story.answer_status, kind=kind, answer=answer)
        return answered + 2 * DAY

    later = step(
        "particularly-vulnerable-group", decided + 5 * DAY, chance.choices(["granted", "refused"], [88, 12])[0]
    )
    later = step(
        "especially-vulnerable-witness",
        later,
        chance.choices(["granted", "refused", "withdrawn"], [72, 18, 10])[0],
    )
    if chance.random() < 0.3:
        step("protective-witness", later, chance.choices(["granted", "refused"], [50, 50])[0])


def _stay(story: Story, initiated: datetime.datetime, now: datetime.datetime) -> None:
    """Where the person stays, and the end of the case."""
    at, chance = story.at, story.chance
    begins = initiated + chance.uniform(0.1, 2) * DAY
    free_again = now - LIVE_BEDS_DAYS * DAY  # today's full shelter needs its beds
    kinds = [kind for kind in (EMERGENCY, NGO_SHELTER) if kind in story.house.shelters]
    where = chance.random()
    if story.invented.child and where < 0.3:
        at(begins, story.place_in_family)
        at(begins + chance.uniform(40, 300) * DAY, story.leave)
    elif where < 0.55:
        kind = chance.choice(kinds)
        nights = chance.randint(3, 60) if kind == EMERGENCY else chance.randint(20, 120)
        if begins + (nights + 1) * DAY < free_again:
            at(begins, story.place, kind=kind, nights=nights)
    closes = initiated + chance.uniform(130, 420) * DAY
    if chance.random() < 0.8:
        at(closes, story.close)


# --- today -----------------------------------------------------------------------------------------------------------
def _today(history: History, houses: dict[Place, House], users: dict[str, User], now: datetime.datetime) -> None:
    sunce, most = houses[SUNCE], houses[MOST]
    ana, boris, maja = (users[name] for name in ("ana", "boris", "maja"))

    def told(name: str, ago: float, house: House = sunce, **more: object) -> Story:
        """A referral of the last days; `ago` in hours."""
        return Story(history, house, f"{SEED} {name}", now - ago * HOUR, **more)  # type: ignore[arg-type]

    def logged(name: str, ago: float, house: House = sunce, **more: object) -> Story:
        story = told(name, ago, house, **more)
        story.at(story.received_at + datetime.timedelta(minutes=6), story.log)
        return story

    # referrals whose clocks run: one due in two hours with immediate danger, one overdue, one submitted from outside
    due = told("due", 22, worker=boris, age=24, sex="female")
    due.source, due.channel = "police", "telephone"
    due.at(
        due.received_at + datetime.timedelta(minutes=5),
        due.log,
        immediate_danger="yes",
        danger_note="Traže je na adresi gde spava. (izmišljeno)",
    )
    logged("overdue", 27, worker=maja, age=31, sex="male")
    submitted = told("submitted", 3, age=15, sex="female", responder=users["milan"])
    submitted.at(submitted.received_at, submitted.submit)
    logged("other house", 5, most, age=36)

    # a route that waits for a supervisor, and an assignment to review
    undecided = logged("undecided", 30, worker=boris, age=17, sex="male")
    undecided.invented.details.pop("birth_date", None)
    undecided.invented = type(undecided.invented)(undecided.invented.details, None, None, undecided.invented.language)
    undecided.at(now - 26 * HOUR, undecided.initiate)
    undecided.at(now - 25 * HOUR, undecided.inform)
    undecided.at(now - 24 * HOUR, undecided.confirm)
    fresh = logged("night", 10, worker=ana, age=28, sex="female")
    fresh.at(now - 9 * HOUR, fresh.initiate)

    # the emergency shelter: six beds, all taken tonight; the first is free again in four days
    stays = ((40, 44), (33, 39), (21, None), (18, 27), (12, 24), (6, 20))  # placed days ago, for so many nights
    for bed, (days, nights) in enumerate(stays):
        story = Story(history, sunce, f"{SEED} bed {bed}", _noon(now, days + 2), age=19 + 4 * bed, sex="female")
        initiated = story.begin_case(story.received_at)
        story.at(_noon(now, days), story.place, kind=EMERGENCY, nights=nights, bed=bed)
        story.at(initiated + 3 * DAY, story.assess_risk)
        story.at(initiated + 4 * DAY, story.note)
        if bed % 2 == 0 and days > 15:
            story.at(initiated + 14 * DAY, story.decide, outcome="positive")

    # the house of the NGO: one leaves today, one arrives today, one stays
    living = {"undecided": undecided}
    for name, days, nights in (("leaving", 20, 20), ("arriving", 0, 30), ("staying", 9, None)):
        story = Story(history, sunce, f"{SEED} {name}", _noon(now, days + 2), age=22, sex="male", worker=ana)
        story.begin_case(story.received_at)
        story.at(_noon(now, days), story.place, kind=NGO_SHELTER, nights=nights)
        living[name] = story
    _proceedings(living, now)
    add_oversight(history, sunce, living, users, now)
    add_curation(history, users, now)
    add_onward(history, living["staying"], living["arriving"], now)
    add_screening(history, living, users, now)
    add_from_outside(history, users, now)
    add_calls(history, ana, boris, now)

    # a case that only its caseworker and the supervisor see
    sealed = Story(history, sunce, f"{SEED} sealed", now - 60 * DAY, age=26, sex="female", worker=ana)
    initiated = sealed.begin_case(sealed.received_at)
    sealed.at(initiated + 5 * DAY, sealed.seal)


def _proceedings(living: dict[str, Story], now: datetime.datetime) -> None:
    """One with a specialised prosecutor, one without and why, one of which it is not known."""
    staying, leaving, arriving = (living[name] for name in ("staying", "leaving", "arriving"))
    staying.at(
        now - 4 * DAY,
        staying.open_proceeding,
        reference="Kto 12 (izmišljeno)",
        offence="human-trafficking",
        stage="investigation",
        committed_on=timezone.localdate(now) - 90 * DAY,
        suspect_juvenile="no",
        specialised_prosecutor="yes",
        proceeds_confiscated="yes",
        confiscation_note="Novac i automobil, privremeno (izmišljeno).",
    )
    leaving.at(
        now - 10 * DAY,
        leaving.open_proceeding,
        offence="sexual-harassment",
        committed_on=datetime.date(2017, 5, 31),
        specialised_prosecutor="no",
        why_no_specialist="Predmet je već bio kod drugog tužioca (izmišljeno).",
    )
    arriving.at(
        now - 3 * HOUR,
        arriving.open_proceeding,
        offence="grooming",
        cyber="yes",
        suspect_juvenile="yes",
        specialised_prosecutor="unknown",
    )


def _noon(now: datetime.datetime, days_ago: int) -> datetime.datetime:
    """Noon in Belgrade some days ago; of today, not later than now."""
    day = timezone.localdate(now) - days_ago * DAY
    return min(now, timezone.make_aware(datetime.datetime.combine(day, datetime.time(12))))
