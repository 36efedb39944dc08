"""Stops the release phase, with a reason, before a broken configuration reaches a visitor."""

from django.conf import settings
from django.core.checks import Error, register
from django.core.exceptions import ImproperlyConfigured


@register
def secret_key_is_set(app_configs, **kwargs):
    try:
        settings.SECRET_KEY
    except ImproperlyConfigured:
        hint = "Set it: localku config:set SECRET_KEY=$(openssl rand -hex 32)"
        return [Error("The config var SECRET_KEY is not set.", hint=hint, id="books.E001")]
    return []


@register
def database_is_set(app_configs, **kwargs):
    # Django gives an empty database the dummy engine.
    if settings.DATABASES["default"].get("ENGINE") not in (None, "django.db.backends.dummy"):
        return []
    hint = "Add a database: localku addons:create heroku-postgresql"
    return [Error("The config var DATABASE_URL is not set.", hint=hint, id="books.E002")]
