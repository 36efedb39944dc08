import os
from collections.abc import Callable
from pathlib import Path

import pytest

from localku.slugs.inside import layer_print


def write(root: Path, name: str, text: str = "x") -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_the_fingerprint_of_the_same_files_is_the_same(tmp_path: Path) -> None:
    write(tmp_path, "node_modules/b/index.js")
    write(tmp_path, "node_modules/a/index.js")
    (tmp_path / "node_modules" / "link").symlink_to("a")
    before = layer_print.fingerprint(tmp_path, ["node_modules"])
    os.utime(tmp_path / "node_modules")
    assert layer_print.fingerprint(tmp_path, ["node_modules"]) == before
    write(tmp_path, "outside")
    assert layer_print.fingerprint(tmp_path, ["node_modules"]) == before


def change_content(root: Path) -> None:
    write(root, "node_modules/a", "longer")


def change_time(root: Path) -> None:
    os.utime(root / "node_modules" / "a", (1, 1))


def change_mode(root: Path) -> None:
    (root / "node_modules" / "a").chmod(0o755)


def change_link(root: Path) -> None:
    (root / "node_modules" / "link").unlink()
    (root / "node_modules" / "link").symlink_to("b")


def change_name(root: Path) -> None:
    (root / "node_modules" / "a").rename(root / "node_modules" / "c")


def add_empty_folder(root: Path) -> None:
    (root / "node_modules" / "empty").mkdir()


@pytest.mark.parametrize(
    "change", [change_content, change_time, change_mode, change_link, change_name, add_empty_folder]
)
def test_the_fingerprint_changes_with_anything_a_program_could_see(
    change: Callable[[Path], None], tmp_path: Path
) -> None:
    write(tmp_path, "node_modules/a")
    (tmp_path / "node_modules" / "link").symlink_to("a")
    before = layer_print.fingerprint(tmp_path, ["node_modules"])
    change(tmp_path)
    assert layer_print.fingerprint(tmp_path, ["node_modules"]) != before


def test_names_that_are_no_text_have_a_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "node_modules").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "node_modules") + b"/\xff")).write_text("x")
    assert len(layer_print.fingerprint(tmp_path, ["node_modules"])) == 32


def test_without_any_folder_the_fingerprint_is_that_of_nothing(tmp_path: Path) -> None:
    assert layer_print.fingerprint(tmp_path, []) == layer_print.fingerprint(tmp_path / "elsewhere", [])


@pytest.mark.parametrize("tree", ["node_modules", "static/lib*[b]", "a\\b"])
def test_the_rest_is_what_is_in_no_tree(tree: str, tmp_path: Path) -> None:
    names = ("node_modules", "static", "a\\b", ".heroku")
    write(tmp_path, ".heroku/vendor/x")
    for name in ("node_modules", "static/lib*[b]", "a\\b", "static/libs[b]"):
        write(tmp_path, f"{name}/a")
    before = layer_print.rest(tmp_path, names, [tree])
    write(tmp_path, f"{tree}/b")
    assert layer_print.rest(tmp_path, names, [tree]) == before
    write(tmp_path, "static/libs[b]/b")
    assert layer_print.rest(tmp_path, names, [tree]) != before


def test_the_rest_tells_which_folders_and_trees_it_leaves_out(tmp_path: Path) -> None:
    write(tmp_path, ".heroku/python/x")
    whole = layer_print.rest(tmp_path, [".heroku"], [])
    found = {layer_print.rest(tmp_path, *pair) for pair in (([], []), ([".heroku"], [".heroku/python"]))}
    found.add(layer_print.rest(tmp_path, [".heroku"], [".heroku/python", ".heroku/node"]))
    assert len(found | {whole}) == 4
