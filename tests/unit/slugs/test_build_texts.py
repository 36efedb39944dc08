import sys
from collections.abc import Callable

import pytest

from localku.slugs import transcript
from localku.slugs.build_limits import MEGABYTE, SLUG_BYTES, megabytes
from localku.slugs.builder import heroku_would_pick
from localku.slugs.release_metadata import ReleaseMetadata, UnreadableMetadata, parse


def said(write: Callable[[Callable[[str], None]], None]) -> list[str]:
    lines: list[str] = []
    write(lines.append)
    return lines


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "1K"),
        (1, "1K"),
        (108 * 1024, "108K"),
        (MEGABYTE - 1, "1024K"),
        (MEGABYTE, "1.0M"),
        (int(75.1 * MEGABYTE), "75.1M"),
        (SLUG_BYTES, "1024.0M"),
    ],
)
def test_sizes_are_written_as_in_herokus_done_line(size: int, text: str) -> None:
    assert megabytes(size) == text


def test_the_stack_and_the_buildpacks() -> None:
    assert said(lambda say: transcript.stack(say, "heroku-24")) == ["-----> Building on the Heroku-24 stack"]
    assert said(lambda say: transcript.buildpacks(say, ("heroku/python",))) == ["-----> Using buildpack: heroku/python"]
    assert said(lambda say: transcript.buildpacks(say, ("heroku/nodejs", "heroku/python"))) == [
        "-----> Using buildpacks:",
        "       1. heroku/nodejs",
        "       2. heroku/python",
    ]


def test_no_language() -> None:
    assert said(transcript.undetected) == [
        " !     No default language could be detected for this app.",
        "\t\t\tHINT: This occurs when Heroku cannot detect the buildpack to use for this application automatically.",
        "\t\t\tSee https://devcenter.heroku.com/articles/buildpacks",
        "",
        " !     Push failed",
    ]


def test_a_set_buildpack_that_does_not_detect() -> None:
    lines = said(lambda say: transcript.incompatible(say, "heroku/python", "Error: nothing\nbut this\n"))
    assert lines == [
        "-----> App not compatible with buildpack: heroku/python",
        "",
        "       Error: nothing",
        "       but this",
        "",
        "       More info: https://devcenter.heroku.com/articles/buildpacks#detection-failure",
        "",
        " !     Push failed",
    ]


def test_the_other_failures() -> None:
    end = ["", " !     Push failed"]
    assert said(lambda say: transcript.compile_failed(say, "Python")) == [
        " !     Push rejected, failed to compile Python app.",
        *end,
    ]
    assert said(lambda say: transcript.timed_out(say, "Haskell")) == [
        "-----> Timed out running buildpack Haskell",
        *end,
    ]
    assert said(lambda say: transcript.too_large(say, int(1100.5 * MEGABYTE))) == [
        " !     Compiled slug size: 1100.5M is too large (max is 1024M).",
        " !     See: http://devcenter.heroku.com/articles/slug-size",
        *end,
    ]


@pytest.mark.parametrize(
    ("declared", "defaults", "lines"),
    [
        (("web", "worker"), {}, ["       Procfile declares types -> web, worker"]),
        (
            ("web",),
            {"web": "x", "console": "y"},
            ["       Procfile declares types     -> web", "       Default types for buildpack -> console"],
        ),
        (
            (),
            {"web": "x"},
            ["       Procfile declares types     -> (none)", "       Default types for buildpack -> web"],
        ),
        ((), {}, ["       Procfile declares types     -> (none)"]),
    ],
)
def test_process_types(declared: tuple[str, ...], defaults: dict[str, str], lines: list[str]) -> None:
    found = said(lambda say: transcript.process_types(say, declared, defaults))
    assert found == ["-----> Discovering process types", *lines, ""]


def test_the_soft_limit_is_a_warning_only() -> None:
    assert said(lambda say: transcript.compressed(say, 300 * MEGABYTE)) == ["       Done: 300.0M"]
    assert said(lambda say: transcript.compressed(say, 367 * MEGABYTE)) == [
        "       Done: 367.0M",
        " !     Warning: Your slug size (367 MB) exceeds our soft limit (300 MB) which may affect boot time.",
    ]


def test_an_empty_detail_has_no_trailing_blanks() -> None:
    assert said(lambda say: transcript.detail(say, "")) == [""]


def test_what_heroku_would_pick_and_the_commands_for_the_chain() -> None:
    assert heroku_would_pick(("heroku/nodejs", "localku/bower", "heroku/python")) == (
        "By default Heroku would use only heroku/python. To use the same buildpacks there:",
        "  heroku buildpacks:add heroku/nodejs",
        "  heroku buildpacks:add https://github.com/ejholmes/heroku-buildpack-bower",
        "  heroku buildpacks:add heroku/python",
    )
    assert heroku_would_pick(("heroku/nodejs", "localku/bower"))[0].startswith(
        "By default Heroku would use only heroku/nodejs"
    )


@pytest.mark.parametrize("text", ["", "---", "---\n", "--- {}\n", "addons:\ndefault_process_types:\n"])
def test_release_metadata_may_say_nothing(text: str) -> None:
    found = parse(text)
    assert (found.addons, dict(found.default_process_types or {})) == ((), {})


def test_release_metadata_that_says_nothing_is_read_without_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert parse("---\n") == ReleaseMetadata()


def test_release_metadata_with_lists_and_old_keys() -> None:
    types = "default_process_types:\n  web: npm start\n  port: 80\n  none:\n"
    text = f"---\nconfig_vars: {{A: 1}}\naddons:\n  - heroku-postgresql\n{types}"
    assert parse(text) == ReleaseMetadata(("heroku-postgresql",), {"web": "npm start", "port": "80"})


def test_unreadable_metadata_is_said_in_libyamls_words() -> None:
    text = "---\naddons: []\ndefault_process_types: web: bin/start\n"
    with pytest.raises(UnreadableMetadata) as raised:
        parse(text)
    assert str(raised.value) == "mapping values are not allowed in this context at line 3 column 27"
    lines = said(lambda say: transcript.unreadable_release(say, str(raised.value)))
    assert lines[0] == (
        " !     Push failed: failed to read buildpack metadata: (<unknown>): "
        "mapping values are not allowed in this context at line 3 column 27"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n- b\n", "it is not a mapping"),
        ("just text", "it is not a mapping"),
        ("addons: heroku-postgresql", "addons must be a list and default_process_types a mapping"),
        ("default_process_types: [web]", "addons must be a list and default_process_types a mapping"),
        ("a: \0", "unacceptable character #x0000: control characters are not allowed"),
    ],
)
def test_metadata_of_another_shape_is_one_line(text: str, problem: str) -> None:
    with pytest.raises(UnreadableMetadata) as raised:
        parse(text)
    assert str(raised.value) == problem
