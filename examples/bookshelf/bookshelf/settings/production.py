"""SERVER=production: what runs on Heroku."""

import os

from .base import *  # noqa: F403

DEBUG = False

# Empty while the build collects static files; the check in books/checks.py stops a release without it.
SECRET_KEY = os.environ.get("SECRET_KEY", "")

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# The router ends TLS and says so in this header; it replaces whatever a client sends there.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
