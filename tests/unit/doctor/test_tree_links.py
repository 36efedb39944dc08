"""The doctor reads the app's own files, and of a link out of it not a word."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from localku.context import Context
from localku.doctor.causes import diagnose
from localku.platform import new_apps
from localku.platform.diagnosis import gather, gather_folder

NAMES = (
    *("Procfile", "requirements.txt", "package.json", "app.json", "runtime.txt", ".env", ".profile", ".slugignore"),
    *("Pipfile.lock", "poetry.lock", "uv.lock", "bower.json", ".bowerrc", ".python-version", "yarn.lock"),
    *("settings.py", "server.js", "bin/run", "linked/app.py"),
)


@pytest.mark.parametrize("left_out", [".slugignore", ""])  # one that cannot be read ends the look
@pytest.mark.parametrize(
    "content", ["sekrit = os.environ['SEKRIT']\n", '{"sekrit": {"sekrit": "sekrit"}}', "sekrit: x\n"]
)
def test_nothing_of_what_links_lead_to_is_seen(context: Context, tmp_path: Path, content: str, left_out: str) -> None:
    root, private = tmp_path / "one", tmp_path / "private"
    (root / "bin").mkdir(parents=True)
    (private / "folder").mkdir(parents=True)
    (private / "folder/app.py").write_text(content)
    (private / "file").write_text(content)
    (private / "file").chmod(0o755)
    (root / "linked").symlink_to("../private/folder")
    for name in set(NAMES) - {left_out, "linked/app.py"}:
        (root / name).symlink_to(private / "file")
    (root / "real.py").write_text("honest\n")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    app = new_apps.create(context, root, None)
    for evidence in (gather(context, app, live=False), gather_folder(root)):
        assert "sekrit" not in repr((evidence, diagnose(evidence))).lower()
        assert ("real.py" in evidence.tree.texts) is bool(left_out)
