"""Addresses of a contributor's pages."""

from django.urls import path

from manyvoices.collect.trees import views

app_name = "trees"

urlpatterns = [
    path("", views.home, name="home"),
]
