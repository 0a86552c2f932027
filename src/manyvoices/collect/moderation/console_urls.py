"""Addresses for moderators, in the console."""

from django.urls import path

from manyvoices.collect.moderation import console_acts, console_views

app_name = "moderating"

urlpatterns = [
    path("", console_views.queue, name="queue"),
    path("bulk/", console_acts.bulk, name="bulk"),
    path("sample/", console_acts.sample, name="sample"),
    path("outcomes/", console_views.outcomes, name="outcomes"),
    path("cases/<uuid:case>/", console_views.case, name="case"),
    path("cases/<uuid:case>/claim/", console_acts.claim, name="claim"),
    path("cases/<uuid:case>/release/", console_acts.release, name="release"),
    path("cases/<uuid:case>/decide/", console_acts.decide, name="decide"),
    path("decisions/<int:decision>/undo/", console_acts.undo, name="undo"),
    path("trees/", console_views.trees, name="trees"),
    path("trees/<uuid:tree>/", console_views.tree, name="tree"),
    path("trees/<uuid:tree>/act/", console_acts.tree_act, name="tree_act"),
    path("messages/<uuid:message>/open/", console_acts.open_case, name="open"),
    path("people/<uuid:person>/", console_views.person, name="person"),
    path("people/<uuid:person>/restrict/", console_acts.restrict, name="restrict"),
    path("restrictions/<int:restriction>/lift/", console_acts.lift, name="lift"),
]
