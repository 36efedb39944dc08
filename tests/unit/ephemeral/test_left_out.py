import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from localku.ephemeral import left_out
from localku.ephemeral.change import Change
from localku.project.sources import slugignore


def covers(globs: list[str], path: str) -> bool:
    return left_out.covers(globs, Change(path.rstrip("/") or "/", "added", is_dir=path.endswith("/")))


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*.log", "/app/debug.log"),
        ("*.log", "/app/deep/down/debug.log"),
        ("*.log", "/tmp/debug.log"),
        ("media", "/app/media/covers/1.jpg"),
        ("media/", "/app/media/1.jpg"),
        ("media/*.jpg", "/app/media/1.jpg"),
        ("media/**", "/app/media/a/b/c"),
        ("**/*.jpg", "/app/1.jpg"),
        ("**/*.jpg", "/app/media/a/1.jpg"),
        ("a/**/z", "/app/a/z"),
        ("a/**/z", "/app/a/b/c/z"),
        ("/tmp/**", "/tmp/x/y"),
        ("/tmp", "/tmp/x"),
        ("tmp?", "/app/tmp1"),
        ("[ab].txt", "/app/b.txt"),
        ("[!ab].txt", "/app/c.txt"),
        ("media/", "/app/media/"),
        ("media/cache/", "/app/media/cache/"),
        ("[^ab].txt", "/app/c.txt"),
        ("\\*.txt", "/app/*.txt"),
        ("a.b", "/app/a.b"),
    ],
)
def test_covered(glob: str, path: str) -> None:
    assert covers([glob], path)


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*.log", "/app/debug.logs"),
        ("media/*.jpg", "/app/media/a/1.jpg"),
        ("media/*.jpg", "/app/x/media/1.jpg"),
        ("media", "/app/mediafiles/1.jpg"),
        ("a.b", "/app/axb"),
        ("tmp?", "/app/tmp/"),
        ("[!ab].txt", "/app/a.txt"),
        ("/tmp", "/app/tmp/x"),
        ("media/", "/app/media"),
        ("[z-a].txt", "/app/[z-a].txt"),
        ("a[.txt", "/app/a[.txt"),
        ("", "/app/x"),
        ("/", "/app/x"),
    ],
)
def test_not_covered(glob: str, path: str) -> None:
    assert not covers([glob], path)


def test_one_of_several_globs_is_enough() -> None:
    assert covers(["*.log", "media"], "/app/media/1.jpg")
    assert not covers([], "/app/media/1.jpg")


@given(st.lists(st.text(alphabet="ab*?[]!-^\\/.&~|\n", max_size=12), max_size=3), st.text(max_size=20))
def test_no_glob_breaks_it(globs: list[str], path: str) -> None:
    assert covers(globs, "/" + path) in {True, False}


@given(st.text(alphabet="ab*?[]!-^\\/.#", max_size=12), st.text(alphabet="ab./", max_size=12))
def test_it_is_the_dialect_of_slugignore(glob: str, path: str) -> None:
    file = Change("/app/" + path.strip("/"), "added")
    assume(path.strip("/") and not glob.startswith("/"))
    inner = "/" in glob.removesuffix("/")
    relative = path.strip("/")
    expected = slugignore.matcher(glob)(relative if inner else f"app/{relative}")
    assert left_out.covers([glob], file) == expected
