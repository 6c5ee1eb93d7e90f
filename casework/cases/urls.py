from django.urls import path

from casework.cases import consent_views, restricted_views, views

app_name = "cases"
urlpatterns = [
    path("", views.cases, name="cases"),
    path("assignment-board/", views.assignment_board, name="assignment-board"),
    path("reviews/", restricted_views.reviews, name="reviews"),
    path("reviews/<uuid:opening_id>/", restricted_views.review, name="review"),
    path("break-glass/", restricted_views.break_glass, name="break-glass"),
    path("reveal/<uuid:person_id>/<slug:field>/", restricted_views.reveal, name="reveal"),
    path("<slug:number>/", views.case, name="case"),
    path("<slug:number>/emergency/", restricted_views.emergency, name="emergency"),
    path("<slug:number>/declare-conflict/", restricted_views.declare_conflict, name="declare-conflict"),
    path("<slug:number>/conflicts/<uuid:conflict_id>/lift/", restricted_views.lift_conflict, name="lift-conflict"),
    path("<slug:number>/ask-unsealing/", restricted_views.ask_unsealing, name="ask-unsealing"),
    path("<slug:number>/decide-sealing/", restricted_views.decide_sealing, name="decide-sealing"),
    path("<slug:number>/timeline/", views.timeline, name="timeline"),
    path("<slug:number>/notes/", views.notes, name="notes"),
    path("<slug:number>/notes/add/", views.add_note, name="add-note"),
    path("<slug:number>/notes/<uuid:note_id>/mark-in-error/", views.mark_note_in_error, name="mark-note-in-error"),
    path("<slug:number>/consent/", consent_views.consents, name="consents"),
    path("<slug:number>/consent/record/", consent_views.record_consent, name="record-consent"),
    path(
        "<slug:number>/consent/<uuid:consent_id>/mark-in-error/",
        consent_views.mark_consent_in_error,
        name="mark-consent-in-error",
    ),
    path("<slug:number>/assignments/", views.assignments, name="assignments"),
    path("<slug:number>/assignments/confirm/", views.confirm_assignment, name="confirm-assignment"),
    path("<slug:number>/assignments/reassign/", views.reassign_case, name="reassign-case"),
    path("<slug:number>/looked/", views.looked, name="looked"),
    path("<slug:number>/colleagues/", views.colleagues, name="colleagues"),
    path("<slug:number>/colleagues/name/", views.name_colleague, name="name-colleague"),
    path("<slug:number>/colleagues/release/", views.release_colleague, name="release-colleague"),
    path("<slug:number>/amend/", views.amend_case, name="amend-case"),
    path("<slug:number>/close/", views.close_case, name="close-case"),
    path("<slug:number>/reopen/", views.reopen_case, name="reopen-case"),
    path("<slug:number>/seal/", views.seal_case, name="seal-case"),
]
