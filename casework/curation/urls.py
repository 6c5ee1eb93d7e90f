from django.urls import path

from casework.curation import monitoring_views, views

app_name = "curation"
urlpatterns = [
    path("", views.proposals, name="proposals"),
    path("proposals/<str:number>/", views.proposal, name="proposal"),
    path("proposals/<str:number>/withdraw/", views.withdraw_change, name="withdraw-change"),
    path("propose/<str:section>/", views.propose_new, name="propose-new"),
    path("propose/<str:section>/<str:slug>/", views.propose, name="propose"),
    path("end/<str:section>/<str:slug>/", views.end_entry, name="end-entry"),
    path("recommendations/", monitoring_views.recommendations, name="recommendations"),
    path("activities/", monitoring_views.activities, name="activities"),
    path("progress/<str:section>/<str:slug>/", monitoring_views.record_progress, name="record-progress"),
    path("trainings/", monitoring_views.trainings, name="trainings"),
    path("trainings/record/", monitoring_views.record_training, name="record-training"),
    path("trainings/<uuid:training_id>/", monitoring_views.amend_training, name="amend-training"),
    path("licences/", monitoring_views.licences, name="licences"),
    path("declarations/", monitoring_views.declarations, name="declarations"),
]
