"""Addresses of conversations."""

from django.urls import path

from manyvoices.collect.conversations import feedback_views, views

app_name = "conversations"

urlpatterns = [
    path("<int:stage>/", views.choose, name="choose"),
    path("<int:stage>/<int:number>/", views.conversation, name="conversation"),
    path("<int:stage>/<int:number>/progress/", views.progress, name="progress"),
    path("<int:stage>/<int:number>/attributes/", feedback_views.attributes, name="attributes"),
    path("<int:stage>/<int:number>/feedback/", feedback_views.feedback, name="feedback"),
]
