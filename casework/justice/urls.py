from django.urls import path

from casework.justice import proceeding_views, views

app_name = "justice"
urlpatterns = [
    path("cases/<slug:number>/", views.witness_statuses, name="witness-statuses"),
    path("cases/<slug:number>/request/", views.request_witness_status, name="request-witness-status"),
    path("witness-statuses/<uuid:status_id>/grant/", views.grant_witness_status, name="grant-witness-status"),
    path("witness-statuses/<uuid:status_id>/refuse/", views.refuse_witness_status, name="refuse-witness-status"),
    path("witness-statuses/<uuid:status_id>/withdraw/", views.withdraw_witness_status, name="withdraw-witness-status"),
    path(
        "witness-statuses/<uuid:status_id>/mark-in-error/",
        views.mark_witness_status_in_error,
        name="mark-witness-status-in-error",
    ),
    path("cases/<slug:number>/proceedings/", proceeding_views.case_proceedings, name="case-proceedings"),
    path("cases/<slug:number>/proceedings/open/", proceeding_views.open_proceeding, name="open-proceeding"),
    path("proceedings/", proceeding_views.proceedings, name="proceedings"),
    path("proceedings/<uuid:proceeding_id>/", proceeding_views.proceeding, name="proceeding"),
    path("proceedings/<uuid:proceeding_id>/amend/", proceeding_views.amend_proceeding, name="amend-proceeding"),
    path(
        "proceedings/<uuid:proceeding_id>/mark-in-error/",
        proceeding_views.mark_proceeding_in_error,
        name="mark-proceeding-in-error",
    ),
]
