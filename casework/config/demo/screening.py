"""Sites, allegations and screenings of the demo: one of each state that a list shows."""

import datetime

from django.utils import timezone

from casework.access.models import User
from casework.config.demo.history import Act, History
from casework.config.demo.stories import DAY, HOUR, Story
from referrals import services
from referrals.models import SitePerson, Worksite


def add_screening(history: History, stories: dict[str, Story], users: dict[str, User], now: datetime.datetime) -> None:
    """A factory with 11 of 14 screened, a site where nobody was, a dismissed allegation, screenings and a target."""
    ana, boris, vesna = users["ana"], users["boris"], users["vesna"]
    sites: list[Worksite] = []

    def factory(moment: datetime.datetime) -> None:
        site = services.log_site(
            name="Fabrika Primer (izmišljeno)",
            employer="Agencija Proba (izmišljeno)",
            address="Industrijska zona, druga kapija (izmišljeno)",
            municipality="Zrenjanin",
            sector="tire-manufacturing",
            population="foreign-workers",
            now=moment,
            logged_by=ana,
        )
        sites.append(site)
        services.add_site_persons(worksite=site, count=14, citizenship="IN", language="hi", added_by=ana)
        services.log_allegation(
            worksite=site,
            received_on=timezone.localdate(moment),
            source="ngo-media-report",
            received_from="Udruženje Uzorak (izmišljeno)",
            affected=14,
            content="Radnicima su oduzeti pasoši, a zahtevi za povratak kući odbijeni (izmišljeno).",
            now=moment,
            logged_by=ana,
        )

    def screen(moment: datetime.datetime) -> None:
        day = timezone.localdate(moment)
        signs = {
            1: ["passport-confiscation", "denied-repatriation"],
            4: ["wage-withholding"],
            9: ["inadequate-housing"],
        }
        for person in SitePerson.objects.filter(worksite=sites[0], position__lte=12).select_related("key"):
            refused = person.position == 12
            services.screen_site_person(
                site_person=person,
                version=person.version,
                status="refused-screening" if refused else "screened",
                happened_on=day,
                screener="" if refused else str(ana),
                language="hi",
                citizenship="IN",
                indicators=signs.get(person.position, []),
                today=day,
                screened_by=ana,
            )

    def nobody_screened(moment: datetime.datetime) -> None:
        day = timezone.localdate(moment)
        site = services.log_site(
            name="Gradilište Primer (izmišljeno)",
            municipality="Bor",
            sector="construction",
            population="chinese-workers",
            now=moment,
            logged_by=boris,
        )
        services.add_site_persons(worksite=site, count=6, citizenship="CN", added_by=boris)
        allegation = services.log_allegation(
            worksite=site,
            received_on=day - 50 * DAY,
            source="ngo-media-report",
            content="Radnici ne smeju da napuste kamp (izmišljeno).",
            now=moment,
            logged_by=boris,
        )
        services.answer_allegation(
            allegation=allegation, version=1, answered_on=day, answer="Nema povreda.", today=day, answered_by=boris
        )
        services.dismiss_allegation(
            allegation=allegation,
            dismissed_on=day,
            body="Inspekcija Primer (izmišljeno)",
            why="Radnici nisu žrtve (izmišljeno).",
            today=day,
            dismissed_by=boris,
        )

    def place_in_words(moment: datetime.datetime) -> None:
        services.log_allegation(
            received_on=timezone.localdate(moment),
            source="citizen-report",
            place="Kamp pored reke, bez adrese (izmišljeno)",
            affected=30,
            content="Ljudi spavaju u kontejnerima, ne plaćaju im (izmišljeno).",
            now=moment,
            logged_by=ana,
        )

    def migrants(moment: datetime.datetime) -> None:
        screening = services.record_screening(
            population="migrants",
            held_on=timezone.localdate(moment),
            municipality="Subotica",
            place="Prihvatni centar Primer (izmišljeno)",
            screener=str(ana),
            screened=20,
            informed=18,
            informed_languages=["ar", "fa"],
            leaflets=15,
            indicators=["debt-bondage"],
            now=moment,
            recorded_by=ana,
        )
        for name in ("staying", "leaving"):
            number = stories[name].referral.number
            services.link_follow_up(screening=screening, number=number, now=moment, linked_by=vesna)

    def asylum_seekers(population: str, screened: int, informed: int) -> Act:
        def act(moment: datetime.datetime) -> None:
            services.record_screening(
                population=population,
                held_on=timezone.localdate(moment),
                municipality="Vranje",
                screened=screened,
                informed=informed,
                informed_languages=["ps", "fa"],
                leaflets=informed,
                now=moment,
                recorded_by=boris,
            )

        return act

    def target(moment: datetime.datetime) -> None:
        services.set_screening_target(
            population="asylum-seekers",
            starts_on=timezone.localdate(now) - 300 * DAY,
            ends_on=timezone.localdate(now) + 65 * DAY,
            planned=2_000,
            source="Plan projekta po uzoru na objavljeni cilj (izmišljeno)",
            published="irc-p2-screened",
            set_by=vesna,
        )

    history.at(now - 30 * DAY, factory)
    history.at(now - 25 * DAY, screen)
    history.at(now - 7 * DAY, nobody_screened)
    history.at(now - 3 * DAY, place_in_words)
    history.at(now - 5 * HOUR, migrants)
    history.at(now - 290 * DAY, target)
    for days, population, screened, informed in (
        (260, "asylum-seekers", 310, 290),
        (150, "afghan-asylum-seekers", 240, 240),
        (40, "asylum-seekers", 180, 150),
    ):
        history.at(now - days * DAY, asylum_seekers(population, screened, informed))
