from django.urls import path

from casework.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.trail, name="trail"),
    path("looked/", views.looked, name="looked"),
    path("unusual/", views.unusual_reads, name="unusual-reads"),
    path("reveals/", views.reveals, name="reveals"),
    path("exports/", views.exports, name="exports"),
    path("refusals/", views.refusals, name="refusals"),
    path("seal/", views.seal, name="seal"),
    path("reviews/", views.reviews, name="reviews"),
]
