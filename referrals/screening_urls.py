"""Addresses of sites, allegations and screenings, below /referrals/screening/."""

from django.urls import path

from referrals.views import allegations, coverage, screenings, sites

urlpatterns = [
    path("", sites.sites, name="sites"),
    path("sites/log/", sites.log_site, name="log-site"),
    path("sites/<str:number>/", sites.site, name="site"),
    path("sites/<str:number>/amend/", sites.amend_site, name="amend-site"),
    path("sites/<str:number>/persons/", sites.add_site_persons, name="add-site-persons"),
    path("sites/<str:number>/mark-in-error/", sites.mark_site_in_error, name="mark-site-in-error"),
    path("persons/<uuid:site_person_id>/", sites.screen_site_person, name="screen-site-person"),
    path("persons/<uuid:site_person_id>/refer/", sites.refer_site_person, name="refer-site-person"),
    path(
        "persons/<uuid:site_person_id>/mark-in-error/",
        sites.mark_site_person_in_error,
        name="mark-site-person-in-error",
    ),
    path("allegations/", allegations.allegations, name="allegations"),
    path("allegations/log/", allegations.log_allegation, name="log-allegation"),
    path("allegations/<str:number>/", allegations.allegation, name="allegation"),
    path("allegations/<str:number>/answer/", allegations.answer_allegation, name="answer-allegation"),
    path("allegations/<str:number>/investigate/", allegations.investigate_allegation, name="investigate-allegation"),
    path("allegations/<str:number>/dismiss/", allegations.dismiss_allegation, name="dismiss-allegation"),
    path("allegations/<str:number>/confirm/", allegations.confirm_allegation, name="confirm-allegation"),
    path("allegations/<str:number>/reopen/", allegations.reopen_allegation, name="reopen-allegation"),
    path(
        "allegations/<str:number>/mark-in-error/",
        allegations.mark_allegation_in_error,
        name="mark-allegation-in-error",
    ),
    path("events/", screenings.screenings, name="screenings"),
    path("events/record/", screenings.record_screening, name="record-screening"),
    path("events/<str:number>/", screenings.screening, name="screening"),
    path("events/<str:number>/amend/", screenings.amend_screening, name="amend-screening"),
    path("events/<str:number>/link/", screenings.link_follow_up, name="link-follow-up"),
    path("events/<str:number>/refer/", screenings.refer_from_screening, name="refer-from-screening"),
    path("events/<str:number>/mark-in-error/", screenings.mark_screening_in_error, name="mark-screening-in-error"),
    path("follow-ups/<int:follow_up_id>/unlink/", screenings.unlink_follow_up, name="unlink-follow-up"),
    path("targets/set/", screenings.set_screening_target, name="set-screening-target"),
    path("targets/<uuid:target_id>/mark-in-error/", screenings.mark_target_in_error, name="mark-target-in-error"),
    path("coverage/", coverage.coverage, name="coverage"),
]
