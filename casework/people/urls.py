from django.urls import path

from casework.people import data_views, views

app_name = "people"
urlpatterns = [
    path("search/", views.search, name="search"),
    path("<uuid:person_id>/", views.person, name="person"),
    path("<uuid:person_id>/amend/", views.amend_person, name="amend-person"),
    # what people ask about their data
    path("data/", data_views.data_requests, name="data-requests"),
    path("data/retention/", data_views.retention, name="retention"),
    path("data/retention/propose/", data_views.propose_retention_run, name="propose-retention-run"),
    path("data/runs/<str:number>/", data_views.retention_run, name="retention-run"),
    path("data/runs/<str:number>/approve/", data_views.approve_retention_run, name="approve-retention-run"),
    path("data/runs/<str:number>/refuse/", data_views.refuse_retention_run, name="refuse-retention-run"),
    path("data/holds/<str:number>/", data_views.hold, name="hold"),
    path("data/holds/<str:number>/ask-to-lift/", data_views.ask_to_lift_hold, name="ask-to-lift-hold"),
    path("data/holds/<str:number>/lift/", data_views.lift_hold, name="lift-hold"),
    path("data/holds/<str:number>/keep/", data_views.keep_hold, name="keep-hold"),
    path("data/erasures/<str:number>/", data_views.erasure, name="erasure"),
    path("data/erasures/<str:number>/approve/", data_views.approve_erasure, name="approve-erasure"),
    path("data/erasures/<str:number>/refuse/", data_views.refuse_erasure, name="refuse-erasure"),
    path("data/access/<str:number>/", data_views.access_request, name="access-request"),
    path("data/access/<str:number>/sections/<int:position>/", data_views.check_section, name="check-section"),
    path("data/access/<str:number>/compile/", data_views.compile_again, name="compile-again"),
    path("data/access/<str:number>/release/", data_views.release_access_request, name="release-access-request"),
    path("data/access/<str:number>/answer.<str:kind>", data_views.export_access_request, name="export-access-request"),
    path("data/corrections/<str:number>/", data_views.correction, name="correction"),
    path("<uuid:person_id>/hold/", data_views.set_hold, name="set-hold"),
    path("<uuid:person_id>/erase/", data_views.ask_erasure, name="ask-erasure"),
    path("<uuid:person_id>/access-request/", data_views.record_access_request, name="record-access-request"),
    path("<uuid:person_id>/correction/", data_views.record_correction, name="record-correction"),
]
