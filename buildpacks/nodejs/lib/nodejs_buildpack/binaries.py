"""Install Node, npm and the package manager into BUILD_DIR/.heroku/node."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodekit import releases, runtime
from nodekit.fetch import FetchError
from nodekit.output import BuildFailed, info, warning
from nodekit.registry import runs_on
from nodekit.runtime import Package as Unpacked
from nodekit.semver import RangeError, Version

from . import berry, completing, node_binary, texts
from .build import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nodekit.registry import Registry

    from .build import Build
    from .package import Package

NPM_WITH_LOCKFILE = 5
_NPM_WITHOUT_TROUBLE = 2


@dataclass(frozen=True)
class Manager:
    """The program that installs the app's modules. `name` is npm, yarn (1), berry (yarn 2 and later) or pnpm."""

    name: str
    version: Version

    @property
    def command(self) -> str:
        return "yarn" if self.name == "berry" else self.name


@dataclass(frozen=True)
class Binaries:
    """`env` is what programs of the build need to know about this Node."""

    node: Version
    npm: Version
    manager: Manager
    env: dict[str, str]


def describe(package: Package, build: Build) -> None:
    """Print what package.json asks for, as Heroku does."""
    engines = package.engines
    default = "unspecified (use default)"
    info(f"engines.node (package.json):   {engines.get('node') or 'unspecified'}")
    info(f"engines.npm (package.json):    {engines.get('npm') or default}")
    for name, lock in (("yarn", "yarn.lock"), ("pnpm", "pnpm-lock.yaml")):
        if build.has(lock) or engines.get(name):
            info(f"engines.{name} (package.json):   {engines.get(name) or default}")
    if package.package_manager:
        info(f"packageManager (package.json): {package.package_manager.partition('+')[0]}")
    warnings = list(_declared_twice(package, build))
    for text in warnings:
        warning(text)
    if not warnings:
        info()


def _declared_twice(package: Package, build: Build) -> Iterator[str]:
    field = package.package_manager
    for name, command in (("pnpm", "pnpm"), ("Yarn", "yarn")):
        if package.engines.get(command) and field.startswith(command):
            yield texts.declared_twice(name, field, package.engines[command])
    if field.startswith("yarn") and berry.has_release(build):
        yield texts.release_beside_field(field, berry.release(build))


def install(build: Build) -> Binaries:
    """Install everything the app asks for. BuildFailed names what cannot be had."""
    registry = build.registry
    with _told("Error: Unable to download Node.js.", build):
        node = _node(build, registry)
    with _told("Unable to install npm.", build):
        npm = _npm(build, registry, node)
    manager, packages = _manager(build, registry, node, npm)
    runtime.install(build.build_dir, PREFIX, node, (npm, *packages))
    if _known(npm.version).major < _NPM_WITHOUT_TROUBLE:
        warning(texts.troubled_npm(npm.version))
    return Binaries(_known(node.version), _known(npm.version), manager, runtime.build_settings(node.folder))


@contextmanager
def _told(title: str, build: Build) -> Iterator[None]:
    try:
        yield
    except FetchError as exc:
        raise BuildFailed(texts.unreachable(title, str(exc), offline=build.offline)) from exc


def _node(build: Build, registry: Registry) -> Unpacked:
    if address := build.option("NODE_BINARY_URL"):
        return node_binary.unpacked(address, build, registry)
    wanted = build.package.engines.get("node", "")
    found = _resolve_node(wanted, build, registry)
    if runtime.have_node(registry, found.artifact.version):
        info(f"Using node {found.version} from the build cache")
    else:
        info(f"Downloading and installing node {found.version}...")
        info("Validating checksum")
    return Unpacked("node", str(found.version), runtime.node_folder(registry, found.artifact))


def _npm(build: Build, registry: Registry, node: Unpacked) -> Unpacked:
    version, folder = runtime.shipped_npm(registry, node.folder, _known(node.version))
    chosen = _choose_npm(build, registry, _known(node.version), version)
    return Unpacked("npm", version, folder) if chosen == version else _unpacked(registry, "npm", chosen)


def _resolve_node(wanted: str, build: Build, registry: Registry) -> releases.Resolved:
    info(
        f"Resolving node version {wanted}..."
        if wanted
        else "No Node.js version specified, resolving current LTS version...",
    )
    versions = releases.available(registry)
    try:
        found = releases.resolve(wanted, versions, allow_wide=build.option("NODEJS_ALLOW_WIDE_RANGE") == "true")
    except RangeError as exc:
        raise BuildFailed(texts.invalid_node(wanted)) from exc
    if found is None:
        raise BuildFailed(texts.no_such_node(wanted, all_are_known=releases.are_all(versions)))
    for text in texts.node_warnings(wanted, found):
        warning(text)
    return found


def _choose_npm(build: Build, registry: Registry, node: Version, shipped: str) -> str:
    wanted = build.package.engines.get("npm", "")
    if not wanted and build.has("package-lock.json") and _known(shipped).major < NPM_WITH_LOCKFILE:
        info("Detected package-lock.json: defaulting npm to version 5.x.x")
        wanted = "5.x.x"
    if not wanted:
        info(f"Using default npm version: {shipped}")
        return shipped
    if wanted == shipped:
        info(f"npm {shipped} already installed with node")
        return shipped
    info(f"Bootstrapping npm {wanted} (replacing {shipped})...")
    chosen = _resolve_tool(registry, "npm", wanted, node)
    info(f"npm {chosen} installed")
    return chosen


def _unpacked(registry: Registry, name: str, version: str, **commands: str) -> Unpacked:
    return Unpacked(name, version, registry.tool(name, registry.versions(name)[version]), commands)


def _resolve_tool(registry: Registry, package: str, wanted: str, node: Version, called: str = "") -> str:
    name = called or package
    try:
        found = registry.best(package, wanted, node=node)
    except RangeError as exc:
        raise BuildFailed(texts.no_such_tool(name, wanted, f"`{wanted}` is no semver range.")) from exc
    if found is None:
        raise BuildFailed(texts.no_such_tool(name, wanted, f"No {name} of that version was published."))
    if name == "npm" and not runs_on(found, node):  # npm refuses to install itself there, and only itself
        raise BuildFailed(texts.unfit_npm(wanted, found.version, str(node)))
    return found.version


def _manager(build: Build, registry: Registry, node: Unpacked, npm: Unpacked) -> tuple[Manager, tuple[Unpacked, ...]]:
    """Return what installs the modules, and the packages that it is beside npm.

    A Yarn that package.json names is there for scripts even where npm installs the modules.
    """
    if build.has("yarn.lock"):
        return _yarn(build, registry, node, npm)
    if build.has("pnpm-lock.yaml"):
        return _pnpm(build, registry, node)
    asked = build.package.engines.get("yarn") or build.package.package_manager.startswith("yarn@")
    return Manager("npm", _known(npm.version)), (_yarn(build, registry, node, npm)[1] if asked else ())


def _declared(build: Build, name: str, default: str) -> str:
    field, _, version = build.package.package_manager.partition("@")
    if field == name and version:
        return version.partition("+")[0]
    return build.package.engines.get(name) or default


def _yarn(build: Build, registry: Registry, node: Unpacked, npm: Unpacked) -> tuple[Manager, tuple[Unpacked, ...]]:
    if address := build.option("YARN_BINARY_URL"):
        info(f"Downloading and installing yarn from {address}")
        raise BuildFailed(texts.yarn_binary(address))
    is_berry = berry.locked(build)
    wanted = _wanted_yarn(build)
    info(f"Downloading and installing yarn ({wanted})")
    with _told(f"Unable to resolve yarn version '{wanted}'.", build):
        found = _resolved_yarn(registry, wanted, node.version)
    with _told(f"Unable to install yarn {found.version}.", build):
        completing.complete(build, found, node, npm)
    if not is_berry:
        info(f"Installed yarn {found.version}")
        return Manager("yarn", _known(found.version)), (found,)
    running = berry.running(build, node.folder / "bin" / "node") if berry.has_release(build) else found.version
    info(f"Using yarn {running}")
    return Manager("berry", _known(running)), (found,)


def _wanted_yarn(build: Build) -> str:
    """Where the app brings a release, any Yarn hands over to it."""
    default = "1.22.x"
    return (
        build.package.engines.get("yarn") or default if berry.has_release(build) else _declared(build, "yarn", default)
    )


def _resolved_yarn(registry: Registry, wanted: str, node: str) -> Unpacked:
    """Yarn 1 is the package `yarn`; later ones are published as `@yarnpkg/cli-dist`."""
    package = "yarn" if _published(registry, "yarn", wanted, _known(node)) else "@yarnpkg/cli-dist"
    return _unpacked(registry, package, _resolve_tool(registry, package, wanted, _known(node), called="yarn"))


def _published(registry: Registry, name: str, wanted: str, node: Version) -> bool:
    try:
        return registry.best(name, wanted, node=node) is not None
    except RangeError:
        return True


def _pnpm(build: Build, registry: Registry, node: Unpacked) -> tuple[Manager, tuple[Unpacked, ...]]:
    wanted = _declared(build, "pnpm", "")
    info(f"Downloading and installing pnpm ({wanted or 'latest'})")
    with _told(f"Unable to install pnpm {wanted or 'latest'}.", build):
        found = _unpacked(registry, "pnpm", _resolve_tool(registry, "pnpm", wanted or "*", _known(node.version)))
        native = (_native_pnpm(registry, found.version),) if (found.folder / "install.js").is_file() else ()
    info(f"Using pnpm {found.version}")
    if not wanted:
        warning(texts.DEFAULT_PNPM)
    return Manager("pnpm", _known(found.version)), (found, *native)


def _native_pnpm(registry: Registry, version: str) -> Unpacked:
    """From pnpm 12 on the program is a binary in a package of its own, one for each platform."""
    return _unpacked(registry, f"@pnpm/exe.linux-{releases.machine()}", version, pnpm="pnpm")


def _known(version: str) -> Version:
    found = Version.parse(version)
    if found is None:
        raise FetchError(f"the registry lists a version that is none: {version}")
    return found
