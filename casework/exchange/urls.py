from django.urls import path

from casework.exchange import views

app_name = "exchange"
urlpatterns = [path("data-quality/", views.data_quality, name="data-quality")]
