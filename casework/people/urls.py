from django.urls import path

from casework.people import views

app_name = "people"
urlpatterns = [
    path("search/", views.search, name="search"),
    path("<uuid:person_id>/", views.person, name="person"),
    path("<uuid:person_id>/amend/", views.amend_person, name="amend-person"),
]
