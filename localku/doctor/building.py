"""#4, #8, #9, #17, #26, #27: what makes a build fail, read from its transcript and the files."""

from __future__ import annotations

import re
import shlex

from localku.doctor import config_advice, requirements
from localku.doctor.config_advice import GIVEN, setting
from localku.doctor.evidence import BUILD, MOST_DIGITS, Evidence
from localku.doctor.finding import Finding, Level, several
from localku.errors import CLIENT
from localku.project import python_version
from localku.slugs.build_limits import SLUG_BYTES, SLUG_SOFT_BYTES, megabytes

_EXCEPTION = re.compile(
    r"^\s*((?:[\w]+\.)*\w*(?:Error|Exception|Configured|DoesNotExist|Warning|NotFound)\b:? ?.*)$", re.MULTILINE
)
COLLECTSTATIC = r"Unable to generate Django static files|Error while running '\$ python \S*manage\.py collectstatic"


def collectstatic(evidence: Evidence) -> Finding | None:
    """#4: collectstatic that fails, and the exception it failed with; or files that it collects and nobody serves."""
    text = evidence.output
    if not re.search(COLLECTSTATIC, text):
        return _unserved(evidence)
    before = re.split(COLLECTSTATIC, text, maxsplit=1)[0]
    raised = _EXCEPTION.findall(before)
    last = raised[-1].strip() if raised else "no exception"
    fix, where = _collectstatic_fix(evidence, last)
    return Finding(
        4, "COLLECTSTATIC", Level.FAILED, f"Collectstatic failed in the build: {last}", fix, where, (last,), voice=BUILD
    )


_STATIC_URL = r"(?m)^[ \t]*STATIC_URL\s*=\s*['\"]/?([^'\":/]+/)['\"]"
_SERVES_THEM = r"(?i)whitenoise|dj_static|django\.views\.static|staticfiles_urlpatterns|DEFAULT_FILE_STORAGE|storages\."


def _unserved(evidence: Evidence) -> Finding | None:
    tree = evidence.tree
    spot = tree.first(_STATIC_URL, (".py",))
    if spot is None or not evidence.uses("django") or "runserver" in evidence.types.get("web", ""):
        return None
    if tree.says(_SERVES_THEM, (".py",)):
        return None
    for request in evidence.requests:
        if request.status == 404 and request.dyno and request.path.startswith(f"/{spot.match[1]}"):  # noqa: PLR2004
            what = (
                f"{request.dyno} answered 404 to {request.path.partition('?')[0]}: collectstatic puts the files in "
                "the slug, and nothing serves them; Django itself does so only under `runserver`"
            )
            fix = (
                "name `whitenoise` in the dependencies, and `whitenoise.middleware.WhiteNoiseMiddleware` in MIDDLEWARE "
                "right below SecurityMiddleware"
            )
            return Finding(4, "COLLECTSTATIC", Level.SEEN, what, fix, str(spot), (request.line,), voice=request.dyno)
    return None


def _collectstatic_fix(evidence: Evidence, last: str) -> tuple[str, str]:
    otherwise = f"; to build without static files: `{CLIENT} config:set DISABLE_COLLECTSTATIC=1`"
    settings = (evidence.tree.named("settings.py") or [""])[0]
    unset = re.search(r"KeyError: '([A-Z][A-Z0-9_]*)'|Set the ([A-Z]\w*) env|([A-Z]\w*) not found", last)
    if "STATIC_ROOT" in last:
        return f'add `STATIC_ROOT = BASE_DIR / "staticfiles"` to the settings{otherwise}', settings
    if "SECRET_KEY" in last:
        return f"`{CLIENT} config:set SECRET_KEY=…`: a build has the config vars, but no .env{otherwise}", settings
    if unset:
        name = next(filter(None, unset.groups()))
        spot = evidence.tree.first(rf"['\"]{name}['\"]", (".py",))
        return f"{_in_builds(name)}{otherwise}", str(spot or settings)
    if re.search(r"OperationalError|UndefinedTable|no such table|ConnectionRefused|relation ", last):
        return f"there is no database during a build: keep queries out of code that runs on import{otherwise}", ""
    if re.search(r"manifest entry|could not be found|Missing", last):
        name = re.search(r"'([^']+)'", last)
        asked = name[1] if name else "it names"
        return f"add the file {asked} or correct its name, upper and lower case too{otherwise}", ""
    return f"fix what the last line of the traceback names{otherwise}", ""


def _in_builds(name: str) -> str:
    if name == "DATABASE_URL":
        return f"{setting(name)}, or read it with a default: the database is provisioned only after the first build"
    if name in GIVEN:
        return f"read it with a default: {name} is set in a dyno, but not in a build"
    return f"{setting(name, 'localku')}: a build has the config vars, but no .env"


_NO_PYTHON = (
    r"(?:requested|cached) Python version (?:has reached end-of-life|isn't recognised|isn't available)",
    r"Requested runtime '?[^'\s]+'? is not available",
    r"(?:Invalid|Multiple|No) Python versions? (?:found )?in (?:runtime\.txt|\.python-version)",
    r"Unable to read \.python-version",
    r"Your \.python-version file is spelled incorrectly",
    r"Python version \S+ (?:isn't|is not) available",
)
_VERSION_FILES = (
    python_version.RUNTIME_TXT,
    *python_version.MISSPELLED,
    python_version.PYTHON_VERSION,
    python_version.PIPFILE_LOCK,
)
"""As the buildpack reads them; the first that is there decides."""
_NOT_FETCHED = r"Unable to download/install Python"
_OFFERED = r"Python versions available here|This machine can install"


def python_runtime(evidence: Evidence) -> Finding | None:
    """#8: a version of Python that cannot be had, or a file that asks for it wrongly."""
    text = evidence.output
    file = next((name for name in _VERSION_FILES if name in evidence.tree.files), "")
    asked, wrong = evidence.tree.python_asked
    if unfetched := re.search(_NOT_FETCHED, text):
        what = f"The build could not download Python {asked}".rstrip()
        fix = "make sure that this machine can reach the address in the build's output, and build again"
        return Finding(8, "PYTHON VERSION", Level.FAILED, what, fix, "", (unfetched[0],), asked, BUILD)
    match = re.search("|".join(_NO_PYTHON), text)
    if match is None and not wrong:
        return None
    what = wrong or f"Python {asked or 'as requested'} is not available to the build: {match[0] if match else ''}"
    written = re.search(r"\b3\.\d+\b", evidence.tree.texts.get(file, "")) if wrong else None
    fix = _series(written[0] if written else asked, text, failed=match is not None)
    fix += " (a series gets its newest patch version)" + (" and delete runtime.txt" if file == "runtime.txt" else "")
    if file in python_version.MISSPELLED:
        fix = f"`git mv {shlex.quote(file)} {python_version.PYTHON_VERSION}`"
    seen, voice = ((match[0],), BUILD) if match else ((), "")
    return Finding(8, "PYTHON VERSION", Level.FAILED, what, fix, file, seen, asked, voice)


def _series(asked: str, text: str, *, failed: bool) -> str:
    """Say which series to write down: one that the build says it has; what it did not list, it may not have."""
    list_of_them = re.search(_OFFERED, text)
    offered = re.findall(r"\b3\.\d{1,4}\.\d{1,4}\b", text[list_of_them.end() :]) if list_of_them else []
    nearest = _nearest(asked, [version for version in offered if version != asked])
    if not nearest and failed:
        return "write a series that the build's output lists into .python-version"
    return (
        f"write `{nearest or asked}` into .python-version"
        if nearest or asked
        else ("write a series such as `3.13` into .python-version")
    )


def _nearest(asked: str, offered: list[str]) -> str:
    """Return the closest series the build can have."""
    if not offered:
        return ""
    series = sorted({int(version.split(".")[1]) for version in offered})
    parts = asked.split(".")
    minor = int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() and len(parts[1]) <= MOST_DIGITS else series[-1]
    return f"3.{min(series, key=lambda one: abs(one - minor))}"


MANIFESTS = (
    "requirements.txt",
    "package.json",
    "Pipfile",
    "pyproject.toml",
    "poetry.lock",
    "uv.lock",
    "setup.py",
    "bower.json",
)
_NO_MANIFEST = r"(?i)couldn't find any supported Python (?:project|package manager) files"
_UNDETECTED = rf"{_NO_MANIFEST}|No default language could be detected|App not compatible with buildpack"


def undetected(evidence: Evidence) -> Finding | None:
    """#9: no file by which a buildpack recognises the app, or one that git leaves out."""
    tree = evidence.tree
    refused = re.search(_UNDETECTED, evidence.output)
    if any(name in tree.files for name in MANIFESTS) and not refused:
        return None
    if config_advice.is_moved(evidence) or (
        not refused and (evidence.has_slug or evidence.buildpacks or not tree.files)
    ):
        return None
    seen, said = ((refused[0],), BUILD) if refused else ((), "")
    for name in MANIFESTS:
        if name in tree.files:
            continue
        if rule := tree.left_out(name):
            what, fix = (
                f"{name} exists, but git ignores it, so no buildpack finds it",
                f"remove `{rule}` from .gitignore and commit {name}",
            )
            return Finding(9, "BUILDPACK", Level.FAILED, what, fix, ".gitignore", seen, name, said)
    inside = sorted(
        (path for name in MANIFESTS for path in tree.named(name) if "/" in path), key=lambda path: path.count("/")
    )
    if inside and not any(name in tree.files for name in MANIFESTS):
        folder, _, name = inside[0].rpartition("/")
        what = (
            f"No buildpack recognises the app: {name} is in `{folder}/`, and buildpacks look at the "
            "top of the repository"
        )
        fix = (
            f"move the app to the top, or make `{folder}` the repository (`git subtree push --prefix "
            f"{folder} heroku main`)"
        )
        unset = config_advice.folder(evidence)
        if unset:
            fix = f"`{CLIENT} config:set {unset}={folder}`: the buildpack makes that folder the app"
        return Finding(9, "BUILDPACK", Level.FAILED, what, fix, inside[0], seen, folder, said)
    if not refused or any(name in tree.files for name in MANIFESTS):
        return None
    what = "No buildpack recognises the app: none of " + ", ".join(MANIFESTS[:4]) + " is at its top"
    if re.search(_NO_MANIFEST, refused[0]):
        what = "The app has no dependency file at its top: requirements.txt, Pipfile.lock, poetry.lock or uv.lock"
    return Finding(9, "BUILDPACK", Level.FAILED, what, _manifest(evidence), "the top of the app", seen, "", said)


def _manifest(evidence: Evidence) -> str:
    """Say which dependency file to add. An empty one does where the app needs none: Django's tutorial needs two."""
    needed = requirements.distributions(evidence)
    if needed:
        return "write a requirements.txt that names, one on a line, what the app needs: " + ", ".join(needed)
    return (
        "add the dependency file of the app's language (an empty requirements.txt will do), "
        f"or `{CLIENT} buildpacks:set`"
    )


def psycopg2(evidence: Evidence) -> Finding | None:
    """#17: psycopg2 that is compiled where there is no pg_config."""
    for voice, _, line in evidence.search(r"pg_config executable not found"):
        what = f"{'pip' if voice == BUILD else voice} tried to compile psycopg2 and found no pg_config"
        spot = evidence.tree.python.get("psycopg2", "requirements.txt")
        fix = (
            f"in {spot}, name `psycopg2-binary` instead of `psycopg2`, or move to `psycopg[binary]`: "
            "neither is compiled"
        )
        return Finding(17, "PG_CONFIG", Level.FAILED, what, fix, spot, (line,), voice=voice)
    return None


_NODE_LOCKS = {"package-lock.json": "npm", "npm-shrinkwrap.json": "npm", "yarn.lock": "Yarn", "pnpm-lock.yaml": "pnpm"}
_PYTHON_LOCKS = {"requirements.txt": "pip", "Pipfile": "Pipenv", "poetry.lock": "Poetry", "uv.lock": "uv"}
_OUT_OF_STEP = (
    r"`?npm ci`? can only install packages when your package\.json and package-lock\.json.*",
    r"npm lockfile is not in sync",
    r"Your lockfile needs to be updated.*",
    r"ERR_PNPM_OUTDATED_LOCKFILE.*",
    r"YN0028.*",
)
_TWO_LOCKS = r"Multiple lockfiles found|Multiple \w+ package manager|[Tt]wo different lockfiles|conflicting lock ?files"


def lock_files(evidence: Evidence) -> Finding | None:
    """#26: lock files that are out of step with package.json, or more than one."""
    for voice, _, line in evidence.search(*_OUT_OF_STEP):
        lock = next((name for name in _NODE_LOCKS if name in evidence.tree.files), "the lock file")
        what = f"package.json asks for what {lock} does not have, and a build installs from {lock} alone"
        tool = {"yarn.lock": "yarn", "pnpm-lock.yaml": "pnpm"}.get(lock, "npm")
        return Finding(
            26,
            "LOCK FILES",
            Level.FAILED,
            what,
            f"`{tool} install`, then commit {lock} together with package.json",
            lock,
            (line,),
            voice=voice,
        )
    for voice, _, line in evidence.search(r"No 'Pipfile\.lock' found!"):
        what = "There is a Pipfile without a Pipfile.lock, so the versions to install are not defined"
        fix = "`pipenv lock` and commit Pipfile.lock"
        if "requirements.txt" in evidence.tree.files:
            what += "; the requirements.txt next to it is not used"
            fix = "`git rm Pipfile` to install from requirements.txt, or " + fix
        return Finding(26, "LOCK FILES", Level.FAILED, what, fix, "Pipfile", (line,), "Pipfile", voice)
    for known in (_NODE_LOCKS, _PYTHON_LOCKS):
        there = [name for name in known if name in evidence.tree.files]
        if len({known[name] for name in there}) > 1:
            what = (
                f"{several(there)} exist together, of {several(sorted({known[name] for name in there}))}: "
                "the build uses one, or refuses to choose"
            )
            level = Level.FAILED if re.search(_TWO_LOCKS, evidence.output) else Level.RISK
            return Finding(
                26,
                "LOCK FILES",
                level,
                what,
                "keep the one your app is installed from and `git rm` the others",
                several(there),
                (),
                several(there),
                BUILD if level is Level.FAILED else "",
            )
    return None


def slug_size(evidence: Evidence) -> Finding | None:
    """#27: a slug above Heroku's limit, or a build that takes longer than 15 minutes."""
    text = evidence.output
    large = re.search(r"Compiled slug size: (\S+) is too large.*", text)
    slow = re.search(r"Timed out (?:running buildpack|compiling).*|did not finish within 15 minutes", text)
    if not large and not slow and evidence.slug_size <= SLUG_SOFT_BYTES:
        return None
    folders: dict[str, int] = {}
    for path, weight in evidence.tree.sizes.items():
        top, slash, _ = path.partition("/")
        folders[top + slash] = folders.get(top + slash, 0) + weight
    heavy = sorted(folders, key=lambda name: -folders[name])[:3]
    shown = ", ".join(f"{name} {megabytes(folders[name])}" for name in heavy)
    if slow:
        return Finding(
            27,
            "SLUG",
            Level.FAILED,
            "The build did not finish within 15 minutes",
            "do less in it, or cache its results in CACHE_DIR",
            "",
            (slow[0],),
            voice=BUILD,
        )
    size = large[1] if large else megabytes(evidence.slug_size)
    limit = SLUG_BYTES if large else SLUG_SOFT_BYTES
    what = (
        f"The slug is {size} (Heroku's {'limit' if large else 'soft limit'}: {megabytes(limit)}); "
        f"largest in the source: {shown}"
    )
    fix = "list files that no dyno needs in .slugignore, keep large files in object storage, drop heavy dependencies"
    if not large:
        return Finding(27, "SLUG", Level.RISK, what, fix, several(heavy))
    return Finding(27, "SLUG", Level.FAILED, what, fix, several(heavy), (large[0],), voice=BUILD)
