"""#2, #15, #18, #29: what keeps a process from starting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from localku.doctor import requirements
from localku.doctor.building import COLLECTSTATIC
from localku.doctor.config_advice import GIVEN, setting
from localku.doctor.evidence import BUILD, Evidence
from localku.doctor.finding import Finding, Level, several
from localku.doctor.missing import PYTHON_COMMANDS, Missing, Reason, dependency_name, missing
from localku.doctor.standard_library import advice
from localku.errors import CLIENT
from localku.project import dependencies

if TYPE_CHECKING:
    from localku.doctor.tree import Spot

_ATTRIBUTE = (
    r"Failed to find attribute '(\w+)' in '([\w.]+)'",
    r"Attribute \"(\w+)\" not found in module \"([\w.]+)\"",
)

_NOT_SET = (
    r"(?:os\.environ|frozen os|os\.py)[\s\S]{0,400}?^[^\S\n]*KeyError: '([A-Z][A-Z0-9_]+)'",
    r"Set the ([A-Z][A-Z0-9_]+) environment variable",
    r"UndefinedValueError: ([A-Z][A-Z0-9_]+) not found",
    r"Environment variable \"([A-Z][A-Z0-9_]+)\" not set",
    (
        r"(?i:(?:environment|env|config) var(?:iable)?s?:? [\"'`]?)([A-Z][A-Z0-9_]{2,})[\"'`]? "
        r"(?i:is|are|must|was|has|not|required|missing)"
    ),
    r"(?:process\.env\.)([A-Z][A-Z0-9_]{2,})[\"'`]? (?i:is|must|was|not|required|missing)",
)

_READS_SECRET = r"(?m)^SECRET_KEY\s*=\s*os\.(?:environ\.get|getenv)\(\s*['\"](\w+)['\"]\s*\)\s*$"  # noqa: S105 - a pattern
_HARD_READ = r"os\.environ\[\s*['\"]([A-Za-z_]\w*)['\"]\s*\](?!\s*=[^=])"


def dependency(evidence: Evidence) -> Finding | None:
    """#2: a module or a command that no dependency file names, or an app object that is not there."""
    if (paths := requirements.paths(evidence)) is not None:
        return paths
    for one in missing(evidence):
        if one.reason in {Reason.DEPENDENCY, Reason.LISTED, Reason.STANDARD}:
            return _not_installed(evidence, one)
        if one.reason is Reason.OWN and one.language in {"python", "node"}:
            return _own_module(evidence, one)
    for voice, match, line in evidence.search(*_ATTRIBUTE):
        what = f"{voice} looked for `{match[1]}` in the module `{match[2]}`, which does not define it"
        fix = f"write `{match[2]}:NAME` in the command, where NAME is the app object's name in {match[2]}.py"
        made = _app_object(evidence, f"{match[2].replace('.', '/')}.py")
        if made is not None:
            fix = f"write `{match[2]}:{made.match[1]}` in the command, the name it has in {made}"
        return _failed(
            2, "DEPENDENCY", what, fix, where=_command(evidence, voice), line=line, subject=match[0], voice=voice
        )
    return None


def _not_installed(evidence: Evidence, one: Missing) -> Finding:
    file = _dependency_file(evidence, one)
    thing = f"command `{one.name}`" if one.language == "command" else f"module `{one.name}`"
    where = _importer(evidence, one) or _command(evidence, one.voice)
    if one.reason is Reason.LISTED:
        where, (why, fix) = file, _listed(evidence, one, file)
    elif one.reason is Reason.STANDARD:
        why, fix = advice(one.language, one.name)
        why = f": {why}"
    elif not evidence.tree.files:
        why, fix = "", f"make sure that {file} names `{one.actual}`, commit and build again"
    else:
        why, fix = f": `{one.actual}` is not in {file}", _install(evidence, one, file)
    what = f"{one.voice} found no {thing}{why}"
    return _failed(2, "DEPENDENCY", what, fix, where=where, line=one.line, subject=one.name, voice=one.voice)


def _listed(evidence: Evidence, one: Missing, file: str) -> tuple[str, str]:
    if file in evidence.newer:
        return f", though {file} names {one.actual}: the slug is older than that file", f"build again: `{CLIENT} build`"
    fix = (
        f"see in the build's output whether it installed {one.actual}; `{CLIENT} build --clear-cache` installs it again"
    )
    return f", though {file} names {one.actual}", fix


def _install(evidence: Evidence, one: Missing, file: str) -> str:
    if one.language == "command" and one.actual == one.name and one.name not in PYTHON_COMMANDS:
        add = f"add the package that provides it to {file}, or, for a program of the system, use heroku-buildpack-apt"
        return f"{add}; packages installed on this machine are not on Heroku"
    add = f"`npm install {one.actual}`" if file == "package.json" else f"add a line `{one.actual}` to {file}"
    drivers = (*dependencies.POSTGRES_PYTHON, *dependencies.POSTGRES_NODE)
    if evidence.has_database and dependency_name(one.actual) in drivers:
        return (
            f"{add} if the app shall use its Postgres; it can do without, as on Heroku before there is an add-on, "
            f"after `{CLIENT} addons:destroy heroku-postgresql`"
        )
    return f"{add}, commit and build again; packages installed on this machine are not on Heroku"


def _own_module(evidence: Evidence, one: Missing) -> Finding:
    what = f"{one.voice} found no module `{one.name}`"
    if evidence.tree.files:
        what += f"; the app has {one.actual if evidence.tree.has(one.actual) else f'no {one.actual}'}"
    made = _app_object(evidence)
    fix = "name modules from the folder the process starts in, /app, or change into theirs: `gunicorn --chdir FOLDER …`"
    if one.language == "node":
        fix = "correct the path, or make sure that the file is committed"
    elif made is not None and not evidence.tree.has(one.actual):
        fix = f"write `{made.path[:-3].replace('/', '.')}:{made.match[1]}` in the command: {made} makes the app object"
    where = _importer(evidence, one) or _command(evidence, one.voice)
    return _failed(2, "DEPENDENCY", what, fix, where=where, line=one.line, subject=one.name, voice=one.voice)


_MAKES_APP = (
    r"(?m)^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(?:Flask|FastAPI|Starlette|Quart|Celery|Bottle|Sanic|create_app|make_app"
    r"|get_[aw]sgi_application|default_app)\("
)


def _app_object(evidence: Evidence, path: str = "") -> Spot | None:
    """Find where a module of the app, or just that one, assigns its app object."""
    return evidence.tree.first(_MAKES_APP, (path or ".py",))


def _dependency_file(evidence: Evidence, one: Missing) -> str:
    tree = evidence.tree
    if one.language == "node" or (
        one.language == "command" and one.name not in PYTHON_COMMANDS and tree.has("package.json")
    ):
        return "package.json"
    known = tree.python.get(dependency_name(one.actual))
    names = ("requirements.txt", "Pipfile", "pyproject.toml", "package.json")
    default = "requirements.txt" if one.language == "python" or one.name in PYTHON_COMMANDS else "a dependency file"
    return known or next((name for name in names if tree.has(name)), default)


def _importer(evidence: Evidence, one: Missing) -> str:
    name = re.escape(one.name.partition(".")[0] if one.language == "python" else one.name)
    pattern = (
        rf"(?m)^[ \t]*(?:import|from)[ \t]+{name}\b"
        if one.language == "python"
        else rf"(?:require\(|from|import)\s*['\"]{name}['\"/]"
    )
    spot = None if one.language == "command" else evidence.tree.first(pattern)
    return str(spot) if spot else ""


def development(evidence: Evidence) -> Finding | None:
    """#18: a package of `devDependencies` or of a development group, which a build leaves out or takes away."""
    for one in missing(evidence):
        if one.reason is Reason.DEVELOPMENT:
            file = evidence.tree.python_left_out.get(dependency_name(one.actual), "package.json")
            if one.actual in evidence.tree.dev and one.language != "python":
                file, place = "package.json", "in devDependencies, which production installs leave out"
                fix = f"move it to dependencies: `npm install --save-prod {one.actual}`"
            elif nested := evidence.tree.nested(one.actual):
                file, folder = nested, nested.rpartition("/")[0]
                place = f"in devDependencies of {nested}, which `npm install` there leaves out: NODE_ENV is production"
                fix = (
                    f"`cd {folder} && npm install --include=dev` in the script, or move it to that file's dependencies"
                )
            else:
                place = f"in {file} for development, as an extra or for another platform, which no build installs"
                fix = f"move {one.actual} to the app's own dependencies, and update the lock file"
            what = f"{one.voice} found no `{one.name}`: {one.actual} is {place}"
            return _failed(
                18, "DEVDEPENDENCIES", what, fix, where=file, line=one.line, subject=one.actual, voice=one.voice
            )
    return None


def config_var(evidence: Evidence) -> Finding | None:
    """#15: a config var that the code asks for and nobody has set."""
    for voice, name, line in (*_asked_in_vain(evidence), *_undefined(evidence)):
        if voice == BUILD and re.search(COLLECTSTATIC, evidence.output):
            continue  # that is #4
        spot = evidence.tree.first(rf"(?:environ|getenv|env|config)\W.{{0,20}}['\"]{name}['\"]|process\.env\.{name}\b")
        here = " It is in .env, which Heroku never sees" if name in evidence.env_file else ""
        what = f"{voice} needs the config var {name}, which is not set.{here}".rstrip(".")
        fix = setting(name)
        return _failed(15, "CONFIG VAR", what, fix,
                       where=str(spot or ""), line=line, subject=name, voice=voice)  # fmt: skip
    return _unset(evidence)


def _asked_in_vain(evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    failed = {run.dyno for run in evidence.failures()} | {BUILD}
    for voice, match, line in evidence.search(*_NOT_SET):
        if match[1] not in evidence.config and match[1] not in GIVEN:
            yield voice, match[1], line
    for voice, _, line in evidence.search(r"SECRET_KEY setting must not be empty"):
        spot = evidence.tree.first(r"SECRET_KEY\s*=.{0,200}?(?:environ|getenv|config|env)\W.{0,12}['\"](\w+)['\"]")
        if spot is not None and spot.match[1] not in evidence.config:
            yield voice, spot.match[1], line
    for request in evidence.requests:  # Django says it to nobody where DEBUG is off
        spot = evidence.tree.first(_READS_SECRET, (".py",)) if request.status == 500 and request.dyno else None  # noqa: PLR2004
        if spot is not None and spot.match[1] not in evidence.config:
            yield request.dyno, spot.match[1], request.line
            break
    for voice, text in evidence.voices:
        for name, line in _complaints(text) if voice in failed else ():
            read = rf"(?:environ|getenv|env)\W.{{0,20}}['\"]?{name}\b"
            if name not in evidence.config | GIVEN and evidence.tree.says(read):
                yield voice, name, line
                break


_COMPLAINS = re.compile(r"Error|ERROR|error|must|missing|set")
_NAME = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")
MOST_NAMES = 20
"""Of a voice: those it spoke of last."""


def _complaints(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names of what may be config vars that stand behind a word of complaint, the last one first."""
    seen: set[str] = set()
    for line in reversed(text.split("\n")):
        begins = _COMPLAINS.search(line)
        names = {name[0] for name in _NAME.finditer(line, begins.end())} if begins else set()
        for name in sorted(names - seen):
            yield name, line.strip()
        seen |= names
        if len(seen) >= MOST_NAMES:
            return


_FRAME = r"(?:\(|at |File \")/app/((?!node_modules/|\.heroku/)[\w./-]+)(?::(\d{1,9}):\d+|\", line (\d{1,9}))"
_READS = r"process\.env\.([A-Z]\w+)|(?:environ\.get|getenv)\(\s*['\"](\w+)['\"]\s*\)"


def _undefined(evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    """Find a line of the app in the traceback of a crash that reads a config var nobody has set."""
    for run in evidence.failures():
        frames = re.findall(_FRAME, "\n".join(run.printed))
        for path, node_line, python_line in reversed(frames):
            rows = evidence.tree.texts.get(path, "").splitlines()
            row = rows[int(node_line or python_line) - 1 : int(node_line or python_line)]
            for name in filter(None, sum(re.findall(_READS, "".join(row)), ())):
                if name not in evidence.config | GIVEN and not re.search(r"\|\||\?\?", row[0]):
                    yield run.dyno, name, row[0].strip()


def _unset(evidence: Evidence) -> Finding | None:
    """Names the code reads without a default and that nobody has set: not tried yet, and sure to fail."""
    spots: dict[str, Spot] = {}
    for spot in evidence.tree.grep(_HARD_READ, (".py",)):
        if spot.match[1] not in evidence.config | GIVEN and not re.search(r"\b(?:if|try|del)\b", spot.text):
            spots.setdefault(spot.match[1], spot)
    if not spots or not evidence.has_slug:
        return None
    names = list(spots)
    what = f"The code reads {several(names)} without a default, and no such config var is set"
    fix = f'{setting(names[0], "localku")}, or read it as os.environ.get("{names[0]}", …)'
    where = several([str(spot) for spot in spots.values()], 3)
    return Finding(
        15, "CONFIG VAR", Level.RISK, what, fix, where, tuple(spot.text for spot in spots.values()), ",".join(names)
    )


def env_file(evidence: Evidence) -> Finding | None:
    """#29: `.env` is opened at run time, and is in no slug."""
    if ".env" in evidence.tree.files:
        return None
    fix = f"read os.environ (process.env) and set the values with `{CLIENT} config:set NAME=…`; no .env file is needed"
    patterns = (
        r"(?:/app/)?\.env\s+NOT FOUND",
        r"^node: \.env: not found",
        r"No such file or directory: '(?:/app/|\./)?\.env'",
        r"ENOENT: no such file or directory, open '(?:/app/|\./)?\.env'",
        r"(?i)\.env(?: file)? (?:not found|does not exist|is missing)",
        r"MissingEnvVarsError: .*|could not find configuration file .{0,200}\.env",
    )
    for voice, _, line in evidence.search(*patterns):
        what = f"{voice} looked for the file .env, which is in no slug"
        where = str(_opens_env(evidence) or "") or _command(evidence, voice)
        if line.startswith("node: "):
            fix += "; `--env-file-if-exists` does not require it"
        return Finding(29, ".ENV FILE", Level.FAILED, what, fix, where, (line,), voice=voice)
    spot = _opens_env(evidence)
    if spot is None:
        return None
    what = "The code opens the file .env, which is in no slug"
    return Finding(29, ".ENV FILE", Level.RISK, what, fix, str(spot), (spot.text,))


def _opens_env(evidence: Evidence) -> Spot | None:
    return evidence.tree.first(
        r"loadEnvFile\(|require\(['\"]env2['\"]\)|(?:open|readFileSync|readFile|read_env|ENV_FILE\s*=)\(?.{0,40}['\"](?:\./|/app/)?\.env['\"]"
    )


def _command(evidence: Evidence, voice: str) -> str:
    return evidence.declared(voice.partition(".")[0])


def _failed(
    number: int, title: str, what: str, fix: str, *, where: str, line: str, voice: str, subject: str = ""
) -> Finding:
    return Finding(number, title, Level.FAILED, what, fix, where, (line,), subject, voice)
