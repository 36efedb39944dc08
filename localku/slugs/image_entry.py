"""How a process of a slug is started: the entry of every app's image, and what else its configuration says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localku.slugs.values import Identity

ENTRY = "/usr/local/bin/dyno"

OWN_LAYERS = 2
"""How many layers an app's image has on those of the run image where its label does not say how many those are:
its dependencies, and its own files. Images that earlier versions made have no label."""

ENTRY_SCRIPT = b"""#!/bin/bash
# Start a process as a dyno does: /etc/profile, .profile.d, .profile, then the command in bash.
export -n HOSTNAME
[ "$PWD" = "${HOME:-/app}" ] || cd "${HOME:-/app}" || exit 1
__path=$PATH
if [ -r /etc/profile ]; then . /etc/profile; fi
PATH=$__path
for __script in .profile.d/*.sh; do
  if [ -r "$__script" ]; then . "$__script"; fi
done
unset __script __path
if [ -r .profile ]; then . ./.profile; fi
exec /bin/bash -c "$*"
"""
"""The order is Heroku's: config vars, /etc/profile, .profile.d, .profile, command (Dev Center, "The .profile File").

PATH stays what the config vars make it, as where /etc/profile is Ubuntu's, which leaves it alone; Debian's sets it.
HOSTNAME, which Docker sets, is no variable of a dyno (heroku-buildpack-python, what spec/hatchet/pip_spec.rb expects of
`app.run`).
"""


def configuration(who: Identity, marks: Mapping[str, str], web: str | None = None) -> dict[str, Any]:
    """Return what an image of the app's starts, and as whom; `marks` are its labels."""
    return {
        "User": f"{who.uid}:{who.gid}",
        "WorkingDir": "/app",
        "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/app"],
        "Entrypoint": [ENTRY],
        "Cmd": [web] if web else ["bash"],
        "Labels": dict(marks),
    }
