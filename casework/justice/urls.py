from django.urls import path

from casework.justice import views

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
]
