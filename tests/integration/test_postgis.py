"""PostGIS: refused with the way to it, then there, with all that the database held before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from support.shelf import FILL, ROWS, Shelf, make

if TYPE_CHECKING:
    from support.localku import Localku

COUNT = "SELECT count(*) FROM entry"
EXTENSIONS = ("postgis", "postgis_raster", "postgis_topology", "postgis_tiger_geocoder", "address_standardizer")
PLACES = """
CREATE TABLE place (name text, at geography(Point, 4326));
CREATE INDEX ON place USING gist (at);
INSERT INTO place VALUES ('Berlin', 'POINT(13.405 52.52)'), ('Paris', 'POINT(2.3522 48.8566)');
INSERT INTO spatial_ref_sys VALUES (990001, 'ours', 1, '', '+proj=longlat +datum=WGS84');
SELECT topology.CreateTopology('roads', 4326);
"""
KILOMETRES = """
SELECT round(ST_Distance(a.at, b.at) / 1000)::int FROM place a, place b WHERE (a.name, b.name) = ('Berlin', 'Paris')
"""
HELD = """
SELECT (SELECT count(*)::int FROM spatial_ref_sys WHERE auth_name = 'ours'), (SELECT name FROM topology.topology)
"""


@pytest.fixture(scope="module")
def shelf(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made = make(lk, tmp_path_factory.mktemp("apps"), "mapped")
    made.sql(f'SET ROLE "{made.role}"; {FILL}')
    return made


def own(shelf: Shelf, *statements: str) -> tuple[object, ...] | None:
    """As the app's role; the first row of the last statement."""
    with psycopg.connect(shelf.ok("config:get", "DATABASE_URL").strip(), autocommit=True) as connection:
        cursor = connection.cursor()
        for one in statements:
            cursor.execute(one.encode())
        return cursor.fetchone() if cursor.description else None


def test_it_is_refused_with_the_way_to_it(shelf: Shelf) -> None:
    for name in EXTENSIONS:
        with pytest.raises(psycopg.errors.FeatureNotSupported, match=f'extension "{name}" is not available') as refused:
            own(shelf, f"CREATE EXTENSION {name} CASCADE")
        assert "Run `localku pg:postgis`" in str(refused.value.diag.message_hint)
    assert "postgis" not in shelf.ok("pg:extensions")


def test_a_database_that_gets_it_keeps_what_it_held(shelf: Shelf) -> None:
    assert shelf.run("pg:postgis").status == 0
    assert shelf.image.endswith(":18-postgis")
    assert own(shelf, COUNT) == (ROWS,)
    listed = shelf.ok("pg:extensions")
    assert all(name in listed for name in EXTENSIONS)
    own(shelf, *(f"CREATE EXTENSION {name} CASCADE" for name in EXTENSIONS), PLACES)
    assert own(shelf, KILOMETRES) == (880,)
    assert own(shelf, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == (False,)


def test_a_backup_of_it_is_restored(shelf: Shelf) -> None:
    own(shelf, f"ALTER DATABASE {shelf.database} SET work_mem = '5MB'")
    shelf.ok("pg:backups:capture")
    own(shelf, "DROP TABLE place")
    shelf.ok("pg:backups:restore", "--confirm", "mapped")
    assert shelf.newest()["warnings"] == 0
    assert own(shelf, KILOMETRES) == (880,)
    assert own(shelf, HELD) == (1, "roads")
    assert own(shelf, "SELECT current_setting('work_mem'), current_setting('search_path') ~ 'topology'") == (
        "5MB",
        True,
    )


def test_it_is_there_after_the_database_was_down(shelf: Shelf) -> None:
    shelf.ok("down")
    assert "up again" in shelf.ok("pg:info") + shelf.ok("logs")
    assert shelf.image.endswith(":18-postgis")
    assert own(shelf, KILOMETRES) == (880,)
    assert shelf.run("pg:postgis").status == 0


def test_nobody_makes_an_extension_of_what_an_owner_has_prepared(shelf: Shelf) -> None:
    with pytest.raises(
        psycopg.errors.InvalidParameterValue, match="no installation script nor update path for version"
    ):
        own(shelf, "DROP EXTENSION postgis_raster", "CREATE EXTENSION postgis_raster VERSION unpackaged")


def test_a_new_database_has_it_from_the_start(shelf: Shelf) -> None:
    shelf.ok("addons:create", "heroku-postgresql", "--as", "MAPS", "--", "--version", "18-postgis")
    shelf.ok("pg:psql", "MAPS", "-c", "CREATE EXTENSION postgis")
    assert "3." in shelf.ok("pg:psql", "MAPS", "-c", "SELECT postgis_lib_version()")
    assert "PG Version:            18." in shelf.ok("pg:info", "MAPS")
    refused = shelf.fails("addons:create", "heroku-postgresql", "--", "--version", "17-postgis")
    assert "Heroku Postgres 17-postgis is not to be had here." in refused
    assert "18, 18-postgis" in refused
