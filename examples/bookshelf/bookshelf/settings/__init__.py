"""Settings by server: the config var SERVER says `production` or `development` (the default)."""

import os

from django.core.exceptions import ImproperlyConfigured

match os.environ.get("SERVER", "development"):
    case "production":
        from .production import *  # noqa: F403
    case "development":
        from .development import *  # noqa: F403
    case other:
        raise ImproperlyConfigured(f"SERVER is {other!r}; it can be production or development.")
