"""Addresses of a contributor's pages."""

from django.urls import path

from manyvoices.collect.trees import (
    label_views,
    own_views,
    quiz_views,
    ranking_views,
    views,
    write_views,
)

app_name = "trees"

urlpatterns = [
    path("", views.home, name="home"),
    path("languages/", views.languages, name="languages"),
    path("next/", views.next_task, name="next"),
    path("guidelines/", views.guidelines, name="guidelines"),
    path("quiz/<slug:quiz>/", quiz_views.quiz, name="quiz"),
    path("preview/", write_views.preview, name="preview"),
    path("task/<uuid:task>/", views.task, name="task"),
    path("task/<uuid:task>/write/", write_views.write, name="write"),
    path("task/<uuid:task>/label/", label_views.label, name="label"),
    path("task/<uuid:task>/rank/", ranking_views.rank, name="rank"),
    path("task/<uuid:task>/keep/", views.keep, name="keep"),
    path("task/<uuid:task>/skip/", views.skip, name="skip"),
    path("task/<uuid:task>/done/", views.done, name="done"),
    path("mine/", own_views.mine, name="mine"),
    path("message/<uuid:message>/", own_views.message, name="message"),
    path("message/<uuid:message>/edit/", own_views.edit, name="edit"),
    path("message/<uuid:message>/labels/", label_views.free_labels, name="free_labels"),
]
