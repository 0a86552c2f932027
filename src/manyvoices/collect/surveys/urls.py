"""Addresses of survey pages."""

from django.urls import path

from manyvoices.collect.surveys import views

app_name = "surveys"

urlpatterns = [path("<int:stage>/<int:page>/", views.page, name="page")]
