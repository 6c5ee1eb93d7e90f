from django.urls import path

from . import views

app_name = "reference"

urlpatterns = [
    path("", views.index, name="index"),
    path("codes/", views.code_lists, name="codes"),
    path("codes/<slug:list_name>/", views.code_list, name="code-list"),
    path("published/", views.published, name="published"),
    path("sections/<str:section>/", views.section, name="section"),
]
