"""Addresses of the invitation, drafts, and the last page."""

from django.urls import path

from manyvoices.collect.people import views

app_name = "people"

urlpatterns = [
    path("", views.enter, name="enter"),
    path("declined/", views.declined, name="declined"),
    path("next/", views.next_page, name="next"),
    path("done/", views.done, name="done"),
    path("resume/<str:key>/", views.resume, name="resume"),
    path("draft/<slug:form>/", views.draft, name="draft"),
]
