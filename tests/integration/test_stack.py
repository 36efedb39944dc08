"""The stack debian-14 as an app meets it: who it is, what it finds, what it does not find."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.box import Box, box
from support.stack_workshop import pythons

from localku.engine.client import Engine
from localku.slugs import stack

HERE = Path(__file__).parent / "stack"
MODULES = (
    "asyncio bz2 ctypes curses dbm decimal ensurepip hashlib lzma mmap multiprocessing readline resource "
    "sqlite3 ssl termios uuid venv xml.parsers.expat zlib zoneinfo"
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="module")
def debian(engine: Engine) -> stack.Stack:
    return stack.ensure(engine, stack.DEBIAN, lambda _step, _fraction: None)


@pytest.fixture(scope="module")
def run(engine: Engine, debian: stack.Stack) -> Iterator[Box]:
    with box(engine, debian.run_image) as made:
        yield made


@pytest.fixture(scope="module")
def build(engine: Engine, debian: stack.Stack) -> Iterator[Box]:
    with box(engine, debian.build_image) as made:
        yield made


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(folder), "setuptools"]
    subprocess.run(command, check=True, timeout=120)
    return folder


def test_second_start_does_no_work(engine: Engine, debian: stack.Stack) -> None:
    steps: list[str] = []
    again = stack.ensure(engine, stack.DEBIAN, lambda step, _fraction: steps.append(step))
    assert steps == []
    assert again == debian


def test_run_image_has_no_compilers(run: Box) -> None:
    found = run.sh("for p in gcc cc g++ make python3 python node npm git; do command -v $p; done; true")
    assert found == ""


def test_run_image_has_the_tools_of_a_dyno(run: Box) -> None:
    wanted = (
        "bash curl jq file zstd xz unzip wget ssh psql pg_dump nc socat ip rsync patch less nano envsubst ps openssl"
    )
    assert run.sh(f"for p in {wanted}; do command -v $p >/dev/null || echo $p; done") == ""


def test_run_image_has_the_libraries_of_herokus_that_others_take_for_granted(run: Box, build: Box) -> None:
    wanted = (
        "libcares.so.2 libgomp.so.1 libatomic.so.1 libncurses.so.6 libfontconfig.so.1 libfreetype.so.6 libpng16.so.16 "
        "libtiff.so.6 libwebp.so.7 libopenjp2.so.7 liblcms2.so.2 libcairo.so.2 libpango-1.0.so.0 "
        "libpangoft2-1.0.so.0 libharfbuzz.so.0 libglib-2.0.so.0 libX11.so.6 libXrender.so.1 libSM.so.6"
    )
    ask = f'for l in {wanted}; do ldconfig -p | grep -q "$l " || echo $l; done'
    assert run.sh(f"PATH=$PATH:/sbin; {ask}") == ""
    assert "DejaVu" in run.sh("fc-list")
    headers = "cairo fontconfig freetype2 lcms2 libpng libtiff-4 libuv libwebp oniguruma uuid"
    assert build.sh(f"for h in {headers}; do pkg-config --exists $h || echo $h; done") == ""


def test_user_home_and_path(run: Box) -> None:
    assert run.sh("id -un; id -u; id -gn; echo ~; echo $PATH; echo ${LANG-unset} ${STACK-unset}").split("\n") == [
        "heroku",
        "1000",
        "dyno",
        "/app",
        "/usr/local/bin:/usr/bin:/bin",
        "unset unset",
    ]
    assert run.sh("stat -c '%U:%G' /app; stat -c %a /tmp /var/tmp; touch /app/x && rm /app/x") == (
        "heroku:dyno\n1777\n1777"
    )


def test_locale_and_certificates(run: Box) -> None:
    assert run.sh("LC_ALL=en_US.UTF-8 locale charmap") == "UTF-8"
    assert run.sh("test -s /etc/ssl/certs/ca-certificates.crt && TZ=Europe/Rome date +%Z") in {"CET", "CEST"}


def test_build_image_has_compilers_but_no_sqlite_headers(build: Box) -> None:
    wanted = "gcc g++ make autoconf automake bison msgfmt git libtoolize pkg-config python3 patchelf pg_config"
    assert build.sh(f"for p in {wanted}; do command -v $p >/dev/null || echo $p; done") == ""
    libraries = "libpq libffi openssl zlib libxml-2.0 libxslt yaml-0.1 libcurl"
    assert build.sh(f"for l in {libraries}; do pkg-config --exists $l || echo $l; done") == ""
    assert build.run("test", "-e", "/usr/include/sqlite3.h")[0] == 1


@pytest.mark.usefixtures("debian")
def test_several_pythons(engine: Engine, build: Box) -> None:
    found = pythons(engine)
    assert {version.rsplit(".", 1)[0] for version in found} >= {"3.13", "3.14"}
    for version in found:
        assert build.sh(f"/opt/localku/python/{version}/bin/python --version") == f"Python {version}"


@pytest.mark.parametrize("minor", ["3.13", "3.14", "3.15"])
def test_python_behaves_as_upstream(minor: str, engine: Engine, debian: stack.Stack, wheels: Path) -> None:
    version = next(version for version in pythons(engine) if version.startswith(minor + "."))
    with box(engine, debian.build_image) as made:
        made.put(wheels, "/wheels")
        made.put(HERE / "probe", "/tmp/probe")
        made.put(HERE / "selftest.py", "/tmp/selftest.py")
        made.sh("cp -r /tmp/probe /source && chmod -R a+rwX /source /wheels", user="root")
        made.sh(
            "mkdir -p /tmp/build_x/.heroku /app/.heroku"
            f" && cp -a --no-preserve=ownership /opt/localku/python/{version} /tmp/build_x/.heroku/python"
            " && ln -s /tmp/build_x/.heroku/python /app/.heroku/python"
        )
        python = "/app/.heroku/python/bin/python"
        made.sh("date > /tmp/before; sleep 0.1")
        made.sh(f"PYTHONHOME=/app/.heroku/python {python} /tmp/selftest.py paths variables")
        made.sh(f"{python} /tmp/selftest.py")
        made.sh(f"PYTHONHOME=/app/.heroku/python {python} -c 'import localku_probe'")
        touched = "find /tmp/build_x -newer /tmp/before -name '*.pyc' -not -path '*/site-packages/*'"
        assert made.sh(touched) == ""


@pytest.mark.parametrize("minor", ["3.13", "3.14", "3.15"])
def test_python_runs_in_the_run_image(minor: str, engine: Engine, debian: stack.Stack, build: Box, run: Box) -> None:
    version = next(version for version in pythons(engine) if version.startswith(minor + "."))
    folder = f"/opt/localku/python/{version}"
    archive = b"".join(engine.containers.get(build.id, folder))
    engine.containers.put(run.id, "/tmp", archive)
    python = f"/tmp/{version}/bin/python3"
    imports = "\n".join(f"import {module}" for module in MODULES.split())
    assert run.run(python, "-W", "error", "-c", imports) == (0, "")
    missing = f"ldd /tmp/{version}/bin/python3 /tmp/{version}/lib/python*/lib-dynload/*.so | grep 'not found'; true"
    assert run.sh(missing) == ""
