"""Cases are those of npm's own documentation of ranges."""

import pytest
from nodekit.semver import Range, RangeError, Version


def admits(text: str, version: str) -> bool:
    found = Version.parse(version)
    assert found is not None
    return Range.parse(text).admits(found)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("1.2.3", ["1.2.3", "1.2.3+build"], ["1.2.4", "1.2.3-beta"]),
        ("v22", ["22.0.0", "22.99.1"], ["21.9.9", "23.0.0"]),
        ("= 5.9.1", ["5.9.1"], ["5.9.2"]),
        ("20.x", ["20.0.0", "20.11.1"], ["19.9.9", "21.0.0"]),
        ("20.11.x", ["20.11.0", "20.11.9"], ["20.12.0", "20.10.9"]),
        ("20", ["20.0.0", "20.99.0"], ["21.0.0"]),
        ("20.X.*", ["20.1.2"], ["21.0.0"]),
        ("*", ["0.0.1", "99.1.2"], ["1.0.0-rc.1"]),
        ("", ["1.0.0"], ["1.0.0-rc.1"]),
        ("x", ["1.0.0"], []),
        ("^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0", "2.0.0-rc.1"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^1.2.x", ["1.2.0", "1.9.9"], ["2.0.0"]),
        ("^0.0.x", ["0.0.0", "0.0.9"], ["0.1.0"]),
        ("^0.x", ["0.0.0", "0.9.9"], ["1.0.0"]),
        ("^1.2.3-beta.2", ["1.2.3-beta.4", "1.2.3", "1.9.0"], ["1.2.3-beta.1", "1.2.4-beta.2"]),
        ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0"]),
        ("~1.2", ["1.2.0", "1.2.9"], ["1.3.0"]),
        ("~1", ["1.0.0", "1.9.9"], ["2.0.0"]),
        ("~> 1.2", ["1.2.7"], ["1.3.0"]),
        ("~0.2.3", ["0.2.5"], ["0.3.0"]),
        (">=4", ["4.0.0", "26.0.0"], ["3.9.9"]),
        (">4", ["5.0.0"], ["4.0.0", "4.9.9"]),
        (">4.2", ["4.3.0"], ["4.2.9"]),
        ("<4", ["3.9.9"], ["4.0.0", "4.0.0-rc.1"]),
        ("<=4", ["4.9.9", "3.0.0"], ["5.0.0"]),
        ("<=4.2.0", ["4.2.0"], ["4.2.1"]),
        (">= 4.0.0 < 6", ["4.0.0", "5.9.1"], ["6.0.0", "3.0.0"]),
        (">=4 <5 || >=6", ["4.1.0", "6.0.0"], ["5.0.0"]),
        ("4 || 6 || 8.x", ["4.1.0", "6.9.0", "8.0.1"], ["5.0.0", "7.0.0"]),
        ("1.2.3 - 2.3.4", ["1.2.3", "2.3.4"], ["2.3.5", "1.2.2"]),
        ("1.2 - 2.3.4", ["1.2.0"], ["1.1.9"]),
        ("1.2.3 - 2.3", ["2.3.9"], ["2.4.0"]),
        ("1.2.3 - 2", ["2.9.9"], ["3.0.0"]),
        ("^22.22.2 || ^24.15.0 || >=26.0.0", ["24.21.0", "26.1.0"], ["24.14.0", "25.0.0"]),
        (">1.2.3-alpha.3", ["1.2.3-alpha.7", "3.4.5"], ["3.4.5-alpha.9"]),
        ("<*", [], ["1.0.0"]),
    ],
)
def test_ranges_admit_what_npm_says(text: str, inside: list[str], outside: list[str]) -> None:
    assert [each for each in inside if not admits(text, each)] == []
    assert [each for each in outside if admits(text, each)] == []


@pytest.mark.parametrize("text", ["stable", "lts/*", "node", "1.2.3.4", ">>1", "lts/argon", "1.2.3 -", ">"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(RangeError):
        Range.parse(text)


def test_versions_sort_as_semver_says() -> None:
    order = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
             "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"]  # fmt: skip
    versions = [Version.parse(text) for text in order]
    assert [str(each) for each in sorted(each for each in reversed(versions) if each)] == order


def test_a_partial_version_is_not_a_version() -> None:
    assert Version.parse("1.2") is None


def test_highest_ignores_prereleases_of_other_versions() -> None:
    versions = [found for text in ("4.0.0-rc.1", "4.1.0-pkg1", "4.2.6", "5.0.0") if (found := Version.parse(text))]
    assert str(Range.parse("4.x").highest(versions)) == "4.2.6"
