"""Addresses of the researcher's pages."""

from django.contrib.auth import views as auth
from django.urls import path

app_name = "console"

urlpatterns = [
    path("login/", auth.LoginView.as_view(template_name="console/login.html"), name="login"),
]
