"""Addresses of the invitation, drafts, and the last page."""

from django.urls import path

from manyvoices.collect.people import place_views, rights_views, views

app_name = "people"

urlpatterns = [
    path("", views.enter, name="enter"),
    path("declined/", views.declined, name="declined"),
    path("next/", views.next_page, name="next"),
    path("done/", views.done, name="done"),
    path("resume/<str:key>/", views.resume, name="resume"),
    path("waiting/", place_views.waiting, name="waiting"),
    path("left/", place_views.left, name="left"),
    path("return/", place_views.give_back, name="give_back"),
    path("consent/", rights_views.consent_again, name="consent_again"),
    path("my-data/", rights_views.my_data, name="my_data"),
    path("my-data/download/", rights_views.download, name="download"),
    path("my-data/erase/", rights_views.erase, name="erase"),
    path("erased/", rights_views.erased, name="erased"),
    path("draft/<slug:form>/", views.draft, name="draft"),
]
