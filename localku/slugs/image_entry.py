"""How a process of a slug is started: the entry of every app's image."""

from __future__ import annotations

ENTRY = "/usr/local/bin/dyno"

OWN_LAYERS = 2
"""How many layers an app's image has on those of the run image: its dependencies, and its own files."""

ENTRY_SCRIPT = b"""#!/bin/bash
# Start a process as a dyno does: /etc/profile, .profile.d, .profile, then the command in bash.
[ "$PWD" = "${HOME:-/app}" ] || cd "${HOME:-/app}" || exit 1
if [ -r /etc/profile ]; then . /etc/profile; fi
for __script in .profile.d/*.sh; do
  if [ -r "$__script" ]; then . "$__script"; fi
done
unset __script
if [ -r .profile ]; then . ./.profile; fi
exec /bin/bash -c "$*"
"""
"""The order is Heroku's: config vars, /etc/profile, .profile.d, .profile, command (Dev Center, "The .profile File")."""
