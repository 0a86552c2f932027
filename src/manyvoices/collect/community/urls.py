"""Addresses of the community's pages."""

from django.urls import path

from manyvoices.collect.community import views

app_name = "community"

urlpatterns = [
    path("", views.home, name="home"),
    path("board/", views.board, name="board"),
    path("profile/", views.profile, name="profile"),
    path("notices/", views.notices, name="notices"),
    path("read/", views.finished, name="finished"),
    path("read/<uuid:tree>/", views.read, name="read"),
    path("react/<uuid:message>/", views.react, name="react"),
]
