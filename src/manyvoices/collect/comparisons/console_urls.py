"""Addresses of the console's pages about comparisons."""

from django.urls import path

from manyvoices.collect.comparisons import console_views as views

app_name = "comparing"

urlpatterns = [
    path("", views.comparisons, name="comparisons"),
    path("<slug:name>.csv", views.sheet, name="sheet"),
    path("<uuid:key>/", views.comparison, name="comparison"),
    path("<uuid:key>/decide/", views.decide, name="decide"),
]
