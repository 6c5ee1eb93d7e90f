from django.urls import path

from casework.statistics import views

app_name = "statistics"
urlpatterns = [path("annual-report/", views.annual_report, name="annual-report")]
