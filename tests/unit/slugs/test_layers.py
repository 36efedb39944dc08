from __future__ import annotations

from localku.slugs import layers


def test_a_folder_inside_another_is_part_of_it() -> None:
    assert layers.paths("node_modules/browser", []) == (".heroku", "node_modules", "vendor")


def test_folders_the_source_does_not_have_go_into_the_layer() -> None:
    assert layers.paths(None, ["app.py"]) == (".heroku", "node_modules", "vendor", "bower_components")


def test_a_folder_the_source_has_files_in_stays_with_the_app() -> None:
    assert layers.paths(None, ["vendor/jquery.js", "vendored.py"]) == (".heroku", "node_modules", "bower_components")


def test_bower_s_own_folder_counts() -> None:
    assert layers.paths("assets/vendor/", ["assets/shelf.css"]) == (
        ".heroku",
        "node_modules",
        "vendor",
        "assets/vendor",
    )
