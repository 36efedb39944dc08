"""PostgreSQL's own regression cases of hstore and pg_trgm, run as the app's role in the app's database.

They come out of Debian's source package of the server's very version, fetched for the test: PostgreSQL Licence.
"""

from __future__ import annotations

import difflib
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.shelf import Shelf, make

from localku.debian.apt import Apt
from localku.debian.sources import sources

if TYPE_CHECKING:
    from support.localku import Localku

NAME = "contrib"
CASES = {
    "hstore": ("hstore", "hstore_utf8"),
    "pg_trgm": ("pg_trgm", "pg_utf8_trgm", "pg_word_trgm", "pg_strict_word_trgm"),
}
"""Per extension, in the order of its Makefile."""

SETTINGS = {
    "PGTZ": "America/Los_Angeles",
    "PGDATESTYLE": "Postgres, MDY",
    "PGOPTIONS": "-c intervalstyle=postgres_verbose -c bytea_output=hex",
}
"""As src/test/regress/pg_regress.c has them."""

RUN = (
    'exec /usr/lib/postgresql/*/bin/psql -X -a -q -v HIDE_TABLEAM=on -v HIDE_TOAST_COMPRESSION=on "$URL" '
    '<"sql/$0.sql" 2>&1'
)


@pytest.fixture(scope="module")
def shelf(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return make(lk, tmp_path_factory.mktemp("apps"), NAME)


@pytest.fixture(scope="module")
def contrib(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source's folder of that name, of the version that runs."""
    folder = tmp_path_factory.mktemp("source")
    apt = Apt(folder / "apt", sources())
    line = sources().line
    (folder / "apt" / "sources.list").write_text(line.replace("deb ", "deb-src ", 1) + "\n")
    apt.update()
    version = shelf.sql("SHOW server_version").split()[0]
    apt._run("apt-get", "source", "--download-only", f"postgresql-{version.partition('.')[0]}", cwd=folder)
    (archive,) = folder.glob("*.orig.tar.*")
    root = f"postgresql-{version}/contrib/"
    with tarfile.open(archive) as opened:
        wanted = [one for one in opened if one.name.startswith(tuple(f"{root}{name}/" for name in CASES))]
        opened.extractall(folder, wanted, filter="data")
    for path in (folder.parent, folder):
        path.chmod(0o755)
    return folder / root


@pytest.mark.parametrize(("extension", "case"), [(name, case) for name, cases in CASES.items() for case in cases])
def test_a_case_prints_what_is_expected(extension: str, case: str, contrib: Path, shelf: Shelf) -> None:
    folder = contrib / extension
    url = shelf.ok("config:get", "DATABASE_URL").strip()
    given = {**SETTINGS, "URL": url, "PG_ABS_SRCDIR": "/source"}
    command = [
        "docker",
        "run",
        "--rm",
        "--network=host",
        "-u",
        "postgres",
        "-w",
        "/source",
        "-v",
        f"{folder}:/source:ro",
    ]
    command += [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
    command += ["--entrypoint=bash", shelf.image, "-c", RUN, case]
    printed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert len(printed.splitlines()) > 5
    expected = sorted((folder / "expected").glob(f"{case}*.out"))
    differences = [differs(one.read_text(), printed) for one in expected if one.stem in {case, f"{case}_1"}]
    assert [] in differences, "\n".join(differences[0])


def differs(expected: str, printed: str) -> list[str]:
    """As `diff -w` does, which pg_regress asks."""
    one, two = (["".join(row.split()) for row in text.splitlines()] for text in (expected, printed))
    return list(difflib.unified_diff(one, two, "expected", "printed", lineterm="", n=1))
