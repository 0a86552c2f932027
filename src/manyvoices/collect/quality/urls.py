"""The console's page about reviewers of one study."""

from django.urls import path

from manyvoices.collect.quality import views

app_name = "quality"

urlpatterns = [path("", views.reliability, name="reliability")]
