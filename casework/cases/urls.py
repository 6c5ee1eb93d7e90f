from django.urls import path

from casework.cases import views

app_name = "cases"
urlpatterns = [
    path("", views.cases, name="cases"),
    path("assignment-board/", views.assignment_board, name="assignment-board"),
    path("<slug:number>/", views.case, name="case"),
    path("<slug:number>/timeline/", views.timeline, name="timeline"),
    path("<slug:number>/notes/", views.notes, name="notes"),
    path("<slug:number>/notes/add/", views.add_note, name="add-note"),
    path("<slug:number>/notes/<uuid:note_id>/mark-in-error/", views.mark_note_in_error, name="mark-note-in-error"),
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
