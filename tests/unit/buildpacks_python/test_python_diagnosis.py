from __future__ import annotations

import pytest
from pybuild.diagnosis import diagnose, reason

KEY_ERROR = """\
Traceback (most recent call last):
  File "/tmp/build_1/mysite/settings.py", line 4, in <module>
    SECRET_KEY = os.environ["DJANGO_SECRET"]
                 ~~~~~~~~~~^^^^^^^^^^^^^^^^
  File "<frozen os>", line 716, in __getitem__
KeyError: 'DJANGO_SECRET'
"""
STATIC_ROOT = """\
django.core.exceptions.ImproperlyConfigured: You're using the staticfiles app without having set the STATIC_ROOT \
setting to a filesystem path.
"""
MANIFEST = "ValueError: Missing staticfiles manifest entry for 'css/Site.css'\n"
CSS = """\
whitenoise.storage.MissingFileError: The file 'img/logo.png' could not be found with <whitenoise.storage.X object>.
"""
DATABASE = 'django.db.utils.OperationalError: could not translate host name "x" to address\n'
MODULE = "ModuleNotFoundError: No module named 'rest_framework'\n"
FOLDER = "FileNotFoundError: [Errno 2] No such file or directory: '/tmp/build_1/assets'\n"


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (KEY_ERROR, ("the env var DJANGO_SECRET,", "config:set DJANGO_SECRET=")),
        (KEY_ERROR.replace("<frozen os>", "/app/.heroku/python/lib/python3.11/os.py"), ("DJANGO_SECRET",)),
        ("ImproperlyConfigured: Set the API_KEY environment variable\n", ("config:set API_KEY=",)),
        ("decouple.UndefinedValueError: API_KEY not found. Declare it.\n", ("config:set API_KEY=",)),
        ('environs.EnvError: Environment variable "API_KEY" not set\n', ("config:set API_KEY=",)),
        ("ImproperlyConfigured: The SECRET_KEY setting must not be empty.\n", ("config:set SECRET_KEY=",)),
        (STATIC_ROOT, ('STATIC_ROOT = BASE_DIR / "staticfiles"',)),
        (MANIFEST, ("css/Site.css", "capital letters")),
        (CSS, ("img/logo.png",)),
        (DATABASE, ("database", "while it was imported")),
        ('django.db.utils.ProgrammingError: relation "blog_post" does not exist\n', ("database",)),
        (MODULE, ("'rest_framework'", "add it to your")),
        ("ImproperlyConfigured: Error loading psycopg2 or psycopg module\n", ("psycopg[binary]",)),
        ("Unknown command: 'collectstatic'\n", ("django.contrib.staticfiles", "INSTALLED_APPS")),
        (FOLDER, ("/tmp/build_1/assets", "empty folders")),
        ('  File "x.py", line 1\nSyntaxError: invalid syntax\n', ("syntax error",)),
    ],
)
def test_each_cause_has_its_paragraph(log: str, words: tuple[str, ...]) -> None:
    (paragraph,) = diagnose(log)
    for word in words:
        assert word in paragraph


def test_nothing_known() -> None:
    assert diagnose("ZeroDivisionError: division by zero") == ()
    assert diagnose("KeyError: 'title'") == (), "a KeyError of the app's own says nothing about env vars"


def test_several_causes_each_once() -> None:
    assert len(diagnose(MODULE + MODULE + MANIFEST)) == 2


@pytest.mark.parametrize("log", [KEY_ERROR, STATIC_ROOT, MANIFEST, DATABASE, MODULE, FOLDER])
def test_paragraphs_fit_the_error_block(log: str) -> None:
    assert all(len(line) <= 76 for line in "\n".join(diagnose(log)).splitlines())


def test_reasons() -> None:
    assert reason("SyntaxError: x") == "collectstatic-syntax-error"
    assert reason(STATIC_ROOT) == "collectstatic-improper-configuration"
    assert reason("The CSS file 'a.css' references") == "collectstatic-fancy-references"
    assert reason("OSError: x") == "collectstatic-missing-file"
    assert reason("boom") == "collectstatic-other"
