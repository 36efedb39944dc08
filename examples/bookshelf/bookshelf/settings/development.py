"""SERVER=development, the default: `python manage.py runserver` on your own machine."""

import os

from .base import *  # noqa: F403
from .base import DATABASES

DEBUG = True

SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-development")

# The database `bookshelf` of the Postgres that listens on this machine's socket.
DATABASES["default"] = DATABASES["default"] or {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": "bookshelf",
}
