"""Addresses of accounts."""

from django.urls import path

from manyvoices.collect.accounts import change_views, key_views, views

app_name = "accounts"

urlpatterns = [
    path("", views.account, name="account"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/send/", views.send, name="send"),
    path("sign-in/<str:token>/", views.by_link, name="by_link"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("password/", views.password, name="password"),
    path("address/", change_views.ask_address, name="address"),
    path("address/<str:token>/", change_views.confirm_address, name="confirm_address"),
    path("delete/", change_views.ask_delete, name="delete"),
    path("delete/<str:token>/", change_views.confirm_delete, name="confirm_delete"),
    path("keys/", key_views.keys, name="keys"),
    path("studies/<slug:study_id>/link/", views.link, name="link"),
    path("studies/<slug:study_id>/go-on/", views.go_on, name="go_on"),
]
