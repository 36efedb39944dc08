"""Prints what Django meets, as one JSON object."""

import json
import os

import dj_database_url
import django
from django.conf import settings

URL = os.environ["DATABASE_URL"]
settings.configure(
    DATABASES={"default": dj_database_url.config(conn_max_age=600, ssl_require=True)},
    INSTALLED_APPS=["django.contrib.postgres", "shop"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import (  # noqa: E402
    IntegrityError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: E402
from django.db.utils import ConnectionHandler  # noqa: E402
from shop.models import Thing  # noqa: E402


def another(url: str) -> BaseDatabaseWrapper:
    made = ConnectionHandler({"default": dj_database_url.parse(url)})["default"]
    made.ensure_connection()
    return made


def refused(url: str) -> str | None:
    try:
        another(url).close()
    except OperationalError as error:
        return str(error)


def asked(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


found = {"client": "Django", "disabled": refused(f"{URL}?sslmode=disable")}
call_command("migrate", verbosity=0)
found["tls"] = asked("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
process = asked("SELECT pg_backend_pid()")
close_old_connections()
found["kept"] = asked("SELECT pg_backend_pid()") == process
with transaction.atomic():
    Thing.objects.create(name="one")
    transaction.set_rollback(True)
found["rolled_back"] = Thing.objects.count()
with transaction.atomic():
    Thing.objects.create(name="one", tags={"colour": "red"})
found["committed"] = Thing.objects.filter(tags__colour="red", tags__has_key="colour").count()
try:
    Thing.objects.create(name="one")
except IntegrityError as error:
    found["sqlstate"] = error.__cause__.sqlstate
connection.close()
held = [another(URL) for _ in range(20)]
found["too_many"] = refused(URL)
for one in held:
    one.close()
print(json.dumps(found))
