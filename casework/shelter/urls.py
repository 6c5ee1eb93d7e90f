from django.urls import path

from casework.shelter import address_views, views

app_name = "shelter"
urlpatterns = [
    path("", views.board, name="board"),
    path("overrides/", views.overrides, name="overrides"),
    path("shelters/", views.shelters, name="shelters"),
    path("shelters/add/", views.add_shelter, name="add-shelter"),
    path("shelters/<uuid:shelter_id>/add-bed/", views.add_bed, name="add-bed"),
    path("shelters/<uuid:shelter_id>/set-address/", address_views.set_address, name="set-address"),
    path("shelters/<uuid:shelter_id>/reveal-address/", address_views.reveal_address, name="reveal-address"),
    path("cases/<slug:number>/", views.placements, name="placements"),
    path("cases/<slug:number>/place/", views.place_person, name="place-person"),
    path("placements/<uuid:placement_id>/", views.placement, name="placement"),
    path("placements/<uuid:placement_id>/end/", views.end_placement, name="end-placement"),
    path(
        "placements/<uuid:placement_id>/mark-in-error/", views.mark_placement_in_error, name="mark-placement-in-error"
    ),
]
