"""C31: a dirty tree: a build warns of what no push would send, and builds without it when asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.localku import GIT_IDENTITY, commit, git, write_app
from support.tiny import FILES

if TYPE_CHECKING:
    from pathlib import Path

    from support.localku import Localku

LIST = "echo; cd /app; find * -type f | sort | xargs echo slug has; cat answer lib/lib.txt"
FILE = ("-c", "protocol.file.allow=always")


def test_what_is_not_committed_is_named_and_left_out_of_the_commit_s_build(home: Localku, tmp_path: Path) -> None:
    folder = write_app(tmp_path / "c31", FILES)
    library = write_app(tmp_path / "library", {"lib.txt": "library\n"})
    git(folder, *FILE, "submodule", "--quiet", "add", str(library), "lib")
    write_app(folder / "inner", {"own.txt": "a repository without a URL\n"})
    commit(folder, "repositories inside")
    head = git(folder, "rev-parse", "HEAD").strip()
    (folder / "needed.txt").write_text("not committed\n")
    (folder / "answer").write_text("changed\n")
    (folder / "lib/lib.txt").write_text("mended\n")

    as_it_is = home.ok("build", cwd=folder)
    assert (
        " !     Not in the last commit, so `git push heroku` would not send it: answer, lib/lib.txt, needed.txt"
        in as_it_is.out
    )
    assert " !     inner is a repository of its own without a URL in .gitmodules, so Heroku rejects" in as_it_is.out
    report = home.ok("doctor", cwd=folder).out
    assert "#24 NOT COMMITTED" in report
    assert f"`git push heroku` sends the last commit ({head[:8]}); not in git: needed.txt; changed since" in report
    slug = home.ok("run", "--no-tty", LIST, cwd=folder).out
    assert "needed.txt" in slug
    assert "mended" in slug
    assert "own.txt" not in slug

    rejected = home.run("build", "--head", cwd=folder)
    assert rejected.status == 1
    assert "Push rejected, submodule install failed: .gitmodules has no URL for inner" in rejected.err
    git(folder, "rm", "-q", "--cached", "inner")
    git(folder, *GIT_IDENTITY, "commit", "-qm", "without it")
    head = git(folder, "rev-parse", "HEAD").strip()

    committed = home.ok("build", "--head", cwd=folder)
    assert "Not in the last commit" not in committed.out
    assert "Git submodules detected, installing:\nSubmodule path 'lib': checked out '" in committed.out
    assert home.ok("releases", "--json", cwd=folder).json[0]["description"] == f"Deploy {head[:8]}"
    slug = home.ok("run", "--no-tty", LIST, cwd=folder).out
    assert "slug has" in slug
    assert "needed.txt" not in slug
    assert "changed" not in slug
    assert "lib/lib.txt" in slug
    assert "library" in slug
    assert "mended" not in slug
    assert "own.txt" not in slug
    home.ok("apps:destroy", "-a", "c31", "--confirm", "c31", cwd=folder)
