"""The server has a listed set of variables, and a command that differs says which."""

from __future__ import annotations

from localku.control.server_environment import differences, listed, shown, taken
from localku.errors import worded


def test_only_what_is_listed_counts() -> None:
    assert listed({"TZ": "UTC", "EDITOR": "vi", "DOCKER_HOST": ""}) == {"TZ": "UTC"}


def test_a_started_server_gets_that_and_what_it_finds_its_files_by() -> None:
    mine = {"TZ": "UTC", "HOME": "/home/me", "PATH": "/bin", "PYTHONPATH": "src", "LC_ALL": "C", "SECRET": "x"}
    assert taken(mine) == {name: value for name, value in mine.items() if name != "SECRET"}


def test_each_difference_names_the_variable_and_both_values() -> None:
    (first, second) = differences({"TZ": "UTC"}, {"TZ": "Asia/Tokyo", "DOCKER_HOST": "tcp://a:2375"})
    assert worded(first) == (
        "TZ is 'UTC' here and 'Asia/Tokyo' in the server; `localku server:restart` starts it with this one."
    )
    assert second.startswith("DOCKER_HOST is not set here and 'tcp://a:2375' in the server;")
    assert differences({"TZ": "UTC"}, {"TZ": "UTC"}) == ()


def test_a_proxys_password_is_not_shown() -> None:
    assert shown("http://me:secret@proxy:3128") == "http://me:***@proxy:3128"
    assert shown("http://proxy:3128/a@b") == "http://proxy:3128/a@b"
    (sentence,) = differences({}, {"http_proxy": "http://me:secret@proxy"})
    assert "secret" not in sentence


def test_a_push_is_built_with_the_registries_of_whoever_started_the_server() -> None:
    mine = {"PIP_INDEX_URL": "https://pip.example.com/simple", "bower_registry": "https://bower.example.com"}
    assert taken(mine) == mine
    assert len(differences(mine, {})) == 2
