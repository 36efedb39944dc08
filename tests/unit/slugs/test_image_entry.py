"""What every process of an app is started by."""

from __future__ import annotations

import subprocess
from pathlib import Path

from localku.slugs.image_entry import ENTRY_SCRIPT


def test_the_path_of_the_config_vars_outlives_etc_profile(tmp_path: Path) -> None:
    """As heroku-buildpack-python expects (spec/hatchet/profile_d_scripts_spec.rb); Debian's /etc/profile sets PATH."""
    (tmp_path / "profile").write_text("PATH=/usr/bin:/bin\nexport PATH FROM_PROFILE=yes\n")
    (tmp_path / ".profile.d").mkdir()
    (tmp_path / ".profile.d" / "python.sh").write_text('export PATH="/app/.heroku/python/bin:$PATH"\n')
    entry = tmp_path / "dyno"
    entry.write_bytes(ENTRY_SCRIPT.replace(b"/etc/profile", str(tmp_path / "profile").encode()))
    environment = {"PATH": "/mine:/usr/bin:/bin", "HOME": str(tmp_path)}
    command = ["/bin/bash", entry, 'echo "$PATH $FROM_PROFILE ${__path-gone}"']
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "/app/.heroku/python/bin:/mine:/usr/bin:/bin yes gone\n"
