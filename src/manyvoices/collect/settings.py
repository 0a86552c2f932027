"""Django's settings, all from the environment that ``manyvoices serve`` sets up.

MANYVOICES_DATABASE_URL   where rows are kept; SQLite beside the working folder by default
MANYVOICES_SECRET_KEY     signs cookies and links; ``serve`` keeps one in its data folder
MANYVOICES_HOSTS          names this server answers to, comma-separated
MANYVOICES_HTTPS          "1" behind TLS: secure cookies and HSTS
MANYVOICES_PROXIES        how many proxies of yours stand before it (`proxies`); none by default
MANYVOICES_EMAIL          how mail is sent (`mailing`): into the log by default
MANYVOICES_EMAIL_FROM     whom mail is from
MANYVOICES_OIDC           a service to sign in with (`accounts.oidc`); needs django-allauth
MANYVOICES_LEADERBOARD    folder that is shown at /leaderboard/ (`leaderboard`); none by default
MANYVOICES_WEBHOOKS_PRIVATE  "1" lets webhooks lead into private networks (`webhooks.addresses`)
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from manyvoices.collect.accounts import oidc
from manyvoices.collect.database import DEFAULT_URL, database_settings
from manyvoices.collect.mailing import mail_settings
from manyvoices.collect.proxies import VARIABLE, number_of_proxies

BASE_DIR = Path(__file__).resolve().parent

# Without a key from outside, cookies of this process are worth nothing to any other process:
# safe, and right for one-off commands such as migrate. There is no default key.
SECRET_KEY = os.environ.get("MANYVOICES_SECRET_KEY") or secrets.token_urlsafe(48)
DEBUG = False
HTTPS = os.environ.get("MANYVOICES_HTTPS") == "1"
ALLOWED_HOSTS = [
    host
    for host in os.environ.get("MANYVOICES_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
    if host
]
PROXIES = number_of_proxies(os.environ.get(VARIABLE, ""))
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if HTTPS]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "manyvoices.collect.studies",
    "manyvoices.collect.people",
    "manyvoices.collect.surveys",
    "manyvoices.collect.conversations",
    "manyvoices.collect.comparisons",
    "manyvoices.collect.trees",
    "manyvoices.collect.accounts",
    "manyvoices.collect.community",
    "manyvoices.collect.contributors",
    "manyvoices.collect.moderation",
    "manyvoices.collect.quality",
    "manyvoices.collect.webhooks",
    "manyvoices.collect.jobs",
    "manyvoices.collect.console",
    "manyvoices.collect.api",
]

MIDDLEWARE = [
    "manyvoices.collect.proxies.ClientAddressMiddleware",
    # Thin lines: the waiting page is 31 kB with it and 102 kB without. Django pads the answers, so
    # that their length tells nothing of a token.
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "manyvoices.collect.middleware.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "manyvoices.collect.moderation.middleware.StandingMiddleware",
]

ROOT_URLCONF = "manyvoices.collect.urls"
WSGI_APPLICATION = "manyvoices.collect.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates", BASE_DIR / "surveys"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = {"default": database_settings(os.environ.get("MANYVOICES_DATABASE_URL") or DEFAULT_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "console:login"
LOGIN_REDIRECT_URL = "console:studies"

globals().update(mail_settings(os.environ.get("MANYVOICES_EMAIL", "")))
DEFAULT_FROM_EMAIL = os.environ.get("MANYVOICES_EMAIL_FROM") or "manyvoices@localhost"
oidc.add_to(globals())
LEADERBOARD = os.environ.get("MANYVOICES_LEADERBOARD", "")
WEBHOOKS_PRIVATE = os.environ.get("MANYVOICES_WEBHOOKS_PRIVATE") == "1"

LANGUAGE_CODE = "en"
# Of the interface. What language a study's texts are in is the study's own affair.
LANGUAGES = [
    ("en", "English"),
    ("es", "Spanish"),
    ("fr", "French"),
    ("de", "German"),
    ("pt", "Portuguese"),
    ("zh-hans", "Chinese (simplified)"),
    ("ar", "Arabic"),
]
LANGUAGE_COOKIE_AGE = 90 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("MANYVOICES_LOG_LEVEL", "WARNING")},
}
