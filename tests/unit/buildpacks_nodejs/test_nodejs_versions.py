import pytest
from nodejs_buildpack.texts import no_such_node, node_warnings
from nodekit import bundled_npm, releases
from nodekit.registry import Artifact
from nodekit.semver import RangeError, Version

LIST = {
    text: Artifact(text, f"https://example.com/{text}", "")
    for text in (
        "0.12.18",
        "4.9.1",
        "5.9.1",
        "20.20.2",
        "22.5.0",
        "22.23.2",
        "24.18.0",
        "24.19.0",
        "26.7.0",
        "8.1.4-win12",
    )
}


def resolve(wanted: str, *, wide: bool = False) -> releases.Resolved | None:
    return releases.resolve(wanted, LIST, allow_wide=wide)


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("", "24.19.0"),
        ("5.9.1", "5.9.1"),
        ("4.x", "4.9.1"),
        ("v22", "22.23.2"),
        ("*", "24.19.0"),
        ("latest", "24.19.0"),
        (">=4", "24.19.0"),
        (">24", "26.7.0"),
        (">=20 <23", "22.23.2"),
    ],
)
def test_engines_node_means_what_heroku_makes_of_it(wanted: str, version: str) -> None:
    found = resolve(wanted)
    assert found is not None
    assert str(found.version) == version


def test_wide_ranges_may_be_allowed() -> None:
    found = resolve(">=4", wide=True)
    assert found is not None
    assert (str(found.version), found.capped, found.wide) == ("26.7.0", False, True)


@pytest.mark.parametrize("wanted", ["27.x", "0.11.333", "^21"])
def test_a_range_without_a_release_resolves_to_nothing(wanted: str) -> None:
    assert resolve(wanted) is None


def test_a_release_that_npm_lacks_is_not_said_never_to_have_been() -> None:
    nodejs_org = {"24.19.0": Artifact("24.19.0", "https://nodejs.org/dist/v24.19.0/node.tar.gz", "")}
    assert "no released Node.js fits it" in no_such_node("99.x", all_are_known=releases.are_all(nodejs_org))
    assert "the npm registry has no Node.js that fits it" in no_such_node("99.x", all_are_known=releases.are_all(LIST))


@pytest.mark.parametrize("wanted", ["stable", "lts/*"])
def test_a_name_is_no_range(wanted: str) -> None:
    with pytest.raises(RangeError):
        resolve(wanted)


@pytest.mark.parametrize(
    ("wanted", "first_words"),
    [
        ("24.x", []),
        ("22.x", []),
        ("22.5.0", ["Issues with Node.js v22.5.0\n"]),
        ("5.9.1", ["Node.js 5.9.1 is now End-of-Life (EOL)."]),
        (
            ">=4",
            [
                "The requested Node.js version is using a wide range (>=4)",
                "The resolved Node.js version has been limited to the Active LTS (24.19.0)",
            ],
        ),
    ],
)
def test_warnings_begin_as_herokus(wanted: str, first_words: list[str]) -> None:
    found = resolve(wanted)
    assert found is not None
    warnings = node_warnings(wanted, found)
    assert len(warnings) == len(first_words)
    assert all(text.startswith(words) for text, words in zip(warnings, first_words, strict=True))


CHANGELOG = """\
## 2016-03-22, Version 5.9.1 (Stable), @somebody
* [[`x`](u)] - **test**: improve test-npm-install (Somebody) [#5613](u)
## 2016-03-08, Version 5.8.0 (Stable), @somebody
* [[`x`](u)] - **deps**: upgrade to npm 3.7.3 (Somebody) [#5369](u)
## 2016-02-09, Version 5.6.0 (Stable), @somebody
* **npm**: upgrade npm from 3.3.12 to 3.6.0 (Somebody) [#4958](u)
## 2015-10-29, Version 5.0.0 (Stable), @somebody
* \\[[`x`](u)] - **deps**: upgrade npm to 3.3.6 (npm team) [#3310](u)
"""


@pytest.mark.parametrize(
    ("node", "npm"),
    [("5.9.1", "3.7.3"), ("5.8.0", "3.7.3"), ("5.7.1", "3.6.0"), ("5.1.0", "3.3.6"), ("4.9.9", None)],
)
def test_nodes_changelog_names_its_npm(node: str, npm: str | None) -> None:
    found = Version.parse(node)
    assert found is not None
    assert bundled_npm.from_changelog(CHANGELOG, found) == npm


def test_the_table_answers_for_every_line() -> None:
    assert bundled_npm.from_table(Version(10, 24, 0)) == "6.14.11"
    assert bundled_npm.from_table(Version(10, 24, 1)) == "6.14.12"
    assert bundled_npm.from_table(Version(8, 9, 1)) == "5.5.1"
    assert bundled_npm.from_table(Version(16, 0, 0)) is None
    assert bundled_npm.by_major(Version(10, 24, 1)) == "6.14.x"
    assert bundled_npm.by_major(Version(99, 0, 0)) == "*"
