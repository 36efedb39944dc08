"""#3 and #20: what the Procfile says, and what runs of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localku.doctor import config_advice
from localku.doctor.building import MANIFESTS
from localku.doctor.finding import Finding, Level, several
from localku.doctor.missing import Reason, missing
from localku.errors import CLIENT, LocalkuError
from localku.project import procfile

if TYPE_CHECKING:
    from localku.doctor.evidence import Evidence

_ON_DEMAND = frozenset({"web", "release", "console", "rake", "shell", "postdeploy"})


def process_types(evidence: Evidence) -> Finding | None:
    """#3: no Procfile where Heroku looks for it, one it cannot read, or one that names what is not there."""
    if not evidence.tree.files:
        return None  # the folder is gone or cannot be read: that is another story
    if procfile.NAME in evidence.tree.files:
        return _unreadable(evidence) or _no_web(evidence) or _wrong_path(evidence)
    return _hidden(evidence) or _elsewhere(evidence)


def _hidden(evidence: Evidence) -> Finding | None:
    """A Procfile of another name, or one that git ignores."""
    wrong = procfile.meant(evidence.tree.files)
    if wrong:
        fix = f"`git mv -f {wrong} Procfile`: with a capital P and no extension"
        return _finding(f"There is a file `{wrong}`, but Heroku reads only `Procfile`", fix, wrong)
    rule = evidence.tree.left_out(procfile.NAME)
    if rule:
        fix = f"remove `{rule}` from .gitignore and commit the Procfile"
        return _finding("The Procfile is ignored by git, so no build gets it", fix, ".gitignore")
    return None


def _elsewhere(evidence: Evidence) -> Finding | None:
    """No Procfile at the top; nothing to say where the buildpack's default process types stand in for it."""
    if evidence.types or config_advice.is_moved(evidence):
        return None
    inside = evidence.tree.named(procfile.NAME)
    if inside and _is_whole_app(evidence, inside[0].rpartition("/")[0]):
        return None  # that is #9: the folder is to be the top, and the Procfile in it with the rest
    if inside:
        fix = f"move it to the top: `git mv {inside[0]} Procfile`"
        unset = config_advice.folder(evidence)
        if unset:
            fix = (
                f"`{CLIENT} config:set {unset}={inside[0].rpartition('/')[0]}`: the buildpack makes that folder the app"
            )
        return _finding(f"The Procfile is in a subfolder, {inside[0]}; Heroku reads the one at the top", fix, inside[0])
    return _none(evidence) if evidence.has_slug else None


def _is_whole_app(evidence: Evidence, folder: str) -> bool:
    """Whether the app is in that folder, and nothing at the top says of what language it is."""
    at_top = any(name in evidence.tree.files for name in MANIFESTS)
    return not at_top and any(f"{folder}/{name}" in evidence.tree.files for name in MANIFESTS)


def _none(evidence: Evidence) -> Finding:
    guess = evidence.tree.guess
    what = (
        "There is no Procfile, and the buildpack has no default process types: no dyno runs and the router answers H14"
    )
    fix = "write one, such as `web: COMMAND`"
    if guess is not None:
        fix = f"write one; {guess.reason}: `{guess.lines}`"
    return _finding(what, fix, "the top of the app")


def _unreadable(evidence: Evidence) -> Finding | None:
    try:
        procfile.parse(evidence.tree.texts.get(procfile.NAME, ""))
    except LocalkuError as error:
        return _finding(error.message.rstrip("."), error.hint.rstrip("."), procfile.NAME)
    return None


def _no_web(evidence: Evidence) -> Finding | None:
    types = procfile.parse(evidence.tree.texts.get(procfile.NAME, "")).types
    if "web" in types:
        return None
    meant = next((name for name in types if name.lower() in {"web", "webs", "www"}), None)
    if meant is None:
        return None
    what = f"The Procfile declares `{meant}`; the router sends requests only to `web` (H14)"
    return _finding(what, f"write `web: {types[meant]}`", procfile.NAME)


def _wrong_path(evidence: Evidence) -> Finding | None:
    """A path in the command that the app does not have."""
    for one in missing(evidence):
        kind = one.voice.partition(".")[0]
        path = one.actual if one.name.startswith("/") else one.name
        if one.language in {"file", "node"} and one.reason is Reason.OWN and _names(evidence.types.get(kind, ""), path):
            what = f"{one.voice} was to run {path}, which the app does not have"
            fix = "correct the path in the Procfile; it is relative to the top of the app"
            there = evidence.tree.named(path.rpartition("/")[2])
            if there:
                fix += f", where there is {there[0]}"
            return _finding(what, fix, evidence.declared(kind), one.line, one.voice)
    return None


def _names(command: str, path: str) -> bool:
    """Whether the path is a word of the command; `node server` means server.js."""
    stem = path.removesuffix(".js")
    return bool(re.search(rf"(?:^|[\s;&|('\"])(?:\./|/app/)?{re.escape(stem)}(?:\.js)?(?=$|[\s;&|)'\"])", command)) or (
        path in command.split()
    )


def _finding(what: str, fix: str, where: str, line: str = "", voice: str = "") -> Finding:
    return Finding(3, "PROCFILE", Level.FAILED, what, fix, where, (line,) if line else (), voice=voice)


def not_scaled(evidence: Evidence) -> Finding | None:
    """#20: a process type that no dyno runs."""
    idle = [name for name in evidence.types if name not in _ON_DEMAND and evidence.quantities.get(name, 0) == 0]
    idle = [name for name in idle if name.lower() != "web"]  # that is #3
    ran = {line.proc.partition(".")[0] for line in evidence.log}
    idle = [name for name in idle if name not in ran]
    if not idle:
        return None
    what = f"No dyno runs {several(idle)}: Heroku starts only `web` by itself, and logs nothing about it"
    fix = f"`{CLIENT} ps:scale {' '.join(f'{name}=1' for name in idle)}`"
    return Finding(20, "NOT SCALED", Level.RISK, what, fix, evidence.declared(*idle[:3]), (), ",".join(idle))
