"""The command lines of npm, yarn and pnpm for one build, as Heroku's nodejs buildpack calls them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nodekit.semver import Version

from . import berry, pnpm_workspace, texts

if TYPE_CHECKING:
    from .binaries import Manager
    from .build import Build

# npm releases whose prune is known to break an app: npm/npm#17781 and #19356.
_BROKEN_PRUNE = ("5.1.0", "5.2.0", "5.3.0", "5.4.1", "5.4.2", "5.5.0", "5.5.1", "5.6.0")
_NPM_CI = 6
_NPM_WITHOUT_UNSAFE_PERM = 12
_NPM_OFFLINE_FLAG = 5
_PNPM_OWN_ENV = 11
_PNPM_REPORTERS = ("default", "ndjson", "append-only", "silent")
_BERRY_TELEMETRY = Version(2, 4, 0)
_PNPM_IGNORES_SCRIPTS = Version(8, 15, 6)


@dataclass(frozen=True)
class Install:
    """What to say, `notes` on lines of their own, and what to run. `env` is added to the build's."""

    title: str
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prune:
    """Either a command, or why none runs, or a warning that says it; `announced` stands before the command's output.

    `reinstalls`: the command installs all modules of a workspace anew; what was there has to go first.
    """

    command: tuple[str, ...] = ()
    skipped: str = ""
    warning: str = ""
    announced: str = ""
    reinstalls: bool = False
    env: dict[str, str] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        """Whether devDependencies go."""
        return bool(self.command)


def uses_npm_ci(build: Build, manager: Manager) -> bool:
    locked = build.has("package-lock.json") or build.has("npm-shrinkwrap.json")
    return manager.name == "npm" and locked and manager.version.major >= _NPM_CI and not _forced_install(build)


def _forced_install(build: Build) -> bool:
    return build.option("USE_NPM_INSTALL") not in ("", "false")


def install(build: Build, manager: Manager) -> Install:
    return {"npm": _npm, "yarn": _yarn, "berry": _berry, "pnpm": _pnpm}[manager.name](build, manager)


def _npm(build: Build, manager: Manager) -> Install:
    if uses_npm_ci(build, manager):
        title, verb = "Installing node modules", "ci"
    else:
        verb = "install"
        lock = " + package-lock" * build.has("package-lock.json") or " + shrinkwrap" * build.has("npm-shrinkwrap.json")
        title = f"Installing node modules (package.json{lock})"
    return Install(title, ("npm", verb, *npm_options(build, manager)))


def npm_options(build: Build, manager: Manager) -> tuple[str, ...]:
    production = build.option("NPM_CONFIG_PRODUCTION") or "false"
    options = [f"--production={production}", "--userconfig", str(build.build_dir / ".npmrc")]
    if manager.version.major < _NPM_WITHOUT_UNSAFE_PERM:
        options.append("--unsafe-perm")
    if manager.version.major < _NPM_OFFLINE_FLAG:
        return (*options, *(("--cache-min=9999999", "--fetch-retries=0") if build.offline else ()))
    return (*options, "--offline" if build.offline else "--prefer-offline")


def _yarn(build: Build, _manager: Manager) -> Install:
    production = build.option("YARN_PRODUCTION") or "false"
    command = ["yarn", "install", f"--production={production}", "--frozen-lockfile", "--ignore-engines"]
    return Install("Installing node modules (yarn.lock)", (*command, _yarn_network(build)))


def _yarn_network(build: Build) -> str:
    return "--offline" if build.offline else "--prefer-offline"


def _berry(build: Build, _manager: Manager) -> Install:
    env = berry.cache_settings(build)
    if build.offline:
        env["YARN_ENABLE_NETWORK"] = "false"
    return Install("Running 'yarn install' with yarn.lock", ("yarn", "install", "--immutable"), env)


def _pnpm(build: Build, manager: Manager) -> Install:
    network = "--offline" if build.offline else "--prefer-offline"
    reporter, notes = _pnpm_reporter(build.option("PNPM_INSTALL_REPORTER"))
    command = ("pnpm", "install", "--frozen-lockfile", "--prod=false", network, *reporter)
    return Install("Running 'pnpm install' with pnpm-lock.yaml", command, pnpm_store(build, manager), notes)


def _pnpm_reporter(wanted: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the option and the notes that the config var PNPM_INSTALL_REPORTER asks for."""
    if wanted in ("", *_PNPM_REPORTERS):
        return ((f"--reporter={wanted}",) if wanted else ()), ()
    valid = ", ".join(_PNPM_REPORTERS)
    return (), (
        f"Warning: Invalid PNPM_INSTALL_REPORTER value '{wanted}'. Valid values: {valid}",
        "Proceeding with default reporter",
    )


def pnpm_store(build: Build, manager: Manager) -> dict[str, str]:
    """Return the variables that say where pnpm keeps its store: the config var PNPM_CONFIG_CACHE is Heroku's for it.

    Version 11 reads pnpm_config_*, older ones npm_config_* (https://pnpm.io/blog/releases/11.0).
    """
    prefix = "pnpm_config" if manager.version.major >= _PNPM_OWN_ENV else "npm_config"
    store = build.option("PNPM_CONFIG_CACHE") or str(build.cache / "pnpm")
    return {f"{prefix}_store_dir": store, f"{prefix}_cache_dir": str(build.cache / "pnpm-cache")}


def run_script(build: Build, manager: Manager, script: str, flags: str = "") -> tuple[str, ...]:
    """Return the command of one script; `flags` are those of NODE_BUILD_FLAGS."""
    words = tuple(flags.split())
    if manager.name == "npm":
        npmrc = str(build.build_dir / ".npmrc")
        return ("npm", "run", script, "--userconfig", npmrc, "--if-present", *(("--", *words) if words else ()))
    if manager.name == "pnpm":
        return ("pnpm", "run", "--if-present", script, *words)
    return ("yarn", "run", script, *words)


def understood(build: Build, manager: Manager) -> dict[str, str]:
    """Return the build's environment without what ends an early Yarn 2: it takes no setting that it does not know."""
    ours = "YARN_ENABLE_TELEMETRY"
    unknown = manager.name == "berry" and manager.version < _BERRY_TELEMETRY and ours not in build.config
    return {name: value for name, value in build.env.items() if not (unknown and name == ours)}


def list_modules(manager: Manager) -> tuple[str, ...]:
    """Return what lists the modules of the app itself; what the program complains about meanwhile is not shown."""
    words = ("ls" if manager.name == "npm" else "list", "--depth=0")
    return ("sh", "-c", 'exec "$0" "$@" 2>/dev/null', manager.command, *words)


def prune(build: Build, manager: Manager) -> Prune:
    """Return how to remove devDependencies, or why they stay."""
    environment = build.option("NODE_ENV")
    if environment == "test":
        return Prune(skipped="NODE_ENV is 'test'")
    if environment != "production":
        return Prune(skipped="NODE_ENV is not 'production'")
    name = {"npm": "NPM_CONFIG_PRODUCTION", "yarn": "YARN_PRODUCTION"}.get(manager.name)
    name = name or {"berry": "YARN2_SKIP_PRUNING", "pnpm": "PNPM_SKIP_PRUNING"}[manager.name]
    value = build.option(name)
    if value and (value == "true" or manager.name in ("npm", "yarn")):
        return Prune(skipped=f"{name} is '{value}'")
    return {"npm": _npm_prune, "yarn": _yarn_prune, "berry": _berry_prune, "pnpm": _pnpm_prune}[manager.name](
        build,
        manager,
    )


def _npm_prune(build: Build, manager: Manager) -> Prune:
    if str(manager.version) in _BROKEN_PRUNE:
        return Prune(skipped=f"npm {manager.version} fails when running 'npm prune' due to a known issue")
    network = ("--offline",) if build.offline and manager.version.major >= _NPM_OFFLINE_FLAG else ()
    # npm before 5 takes every module for a devDependency's unless told to look at production ones only.
    only = ("--production",) if manager.version.major < _NPM_OFFLINE_FLAG else ()
    return Prune(("npm", "prune", *only, "--userconfig", str(build.build_dir / ".npmrc"), *network))


def _yarn_prune(build: Build, _manager: Manager) -> Prune:
    command = ("yarn", "install", "--frozen-lockfile", "--ignore-engines", "--ignore-scripts", _yarn_network(build))
    return Prune(command)


def _berry_prune(_build: Build, _manager: Manager) -> Prune:
    env = {"YARN_PLUGINS": str(berry.PRUNE_PLUGIN), "YARN_ENABLE_IMMUTABLE_CACHE": "false"}
    return Prune(("yarn", "heroku", "prune"), announced="Running 'yarn heroku prune'", env=env)


def _pnpm_prune(build: Build, manager: Manager) -> Prune:
    if pnpm_workspace.configured(build):
        for project in pnpm_workspace.projects(build):
            if pnpm_workspace.has_lifecycle_script(project):
                return Prune(warning=texts.lifecycle_in_workspace(str(project)))
        return Prune(("pnpm", "install", "--prod", "--frozen-lockfile"), reinstalls=True)
    if manager.version >= _PNPM_IGNORES_SCRIPTS:
        return Prune(("pnpm", "prune", "--prod", "--ignore-scripts"))
    if pnpm_workspace.has_lifecycle_script(build.build_dir):
        return Prune(warning=texts.lifecycle_in_old_pnpm(str(manager.version)))
    return Prune(("pnpm", "prune", "--prod"))
