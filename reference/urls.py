from django.urls import path

from .views import directory, entries, finding, published

app_name = "reference"

urlpatterns = [
    path("", entries.index, name="index"),
    path("search/", entries.search, name="search"),
    path("codes/", entries.codes, name="codes"),
    path("published/", published.published, name="published"),
    path("published/by-year/", published.by_year, name="by-year"),
    path("published/doubts/", published.doubts, name="doubts"),
    path("published/<slug:indicator>/", published.indicator, name="indicator"),
    path("who-is-competent/", finding.who_is_competent, name="who-is-competent"),
    path("offence-finder/", finding.offence_finder, name="offence-finder"),
    path("abroad/", finding.abroad, name="abroad"),
    path("directory/", directory.directory, name="directory"),
    path("glossary/", directory.words, name="glossary"),
    path("organisations/<str:slug>/", entries.entry, {"section": "organisations"}, name="body"),
    path("<slug:section>/", entries.section, name="section"),
    path("<slug:section>/<str:slug>/", entries.entry, name="entry"),
]
