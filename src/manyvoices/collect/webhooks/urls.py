"""The console's pages about webhooks of one study."""

from django.urls import path

from manyvoices.collect.webhooks import views

app_name = "webhooks"

urlpatterns = [
    path("", views.hooks, name="hooks"),
    path("<uuid:key>/", views.hook, name="hook"),
]
