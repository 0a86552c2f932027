"""Addresses of comparisons."""

from django.urls import path

from manyvoices.collect.comparisons import views

app_name = "comparisons"

urlpatterns = [
    path("<int:stage>/", views.following, name="following"),
    path("<int:stage>/<int:number>/", views.comparison, name="comparison"),
    path("<int:stage>/<int:number>/progress/", views.progress, name="progress"),
    path("<int:stage>/<int:number>/names/", views.names, name="names"),
]
