"""Install Node, npm and the package manager into BUILD_DIR/.heroku/node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodekit import releases, runtime
from nodekit.fetch import FetchError
from nodekit.output import BuildFailed, info, warning
from nodekit.runtime import Package as Unpacked
from nodekit.semver import RangeError, Version

from . import texts
from .build import PREFIX

if TYPE_CHECKING:
    from nodekit.registry import Registry

    from .build import Build
    from .package import Package


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
    info()


def install(build: Build) -> Binaries:
    """Install everything the app asks for. BuildFailed names what cannot be had."""
    registry = build.registry
    try:
        node = _node(build, registry)
        npm = _npm(build, registry, node)
        manager, packages = _manager(build, registry, _known(node.version), npm)
        runtime.install(build.build_dir, PREFIX, node, (npm, *packages))
    except FetchError as exc:
        raise BuildFailed(texts.unreachable(str(exc), offline=build.offline)) from exc
    return Binaries(_known(node.version), _known(npm.version), manager, runtime.build_settings(node.folder))


def _node(build: Build, registry: Registry) -> Unpacked:
    wanted = build.package.engines.get("node", "")
    found = _resolve_node(wanted, build, registry)
    if runtime.have_node(registry, found.artifact.version):
        info(f"Using node {found.version} from the build cache")
    else:
        info(f"Downloading and installing node {found.version}...")
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
        raise BuildFailed(texts.no_such_node(wanted))
    for text in texts.node_warnings(wanted, found):
        warning(text)
    return found


def _choose_npm(build: Build, registry: Registry, node: Version, shipped: str) -> str:
    wanted = build.package.engines.get("npm", "")
    if not wanted and build.has("package-lock.json") and _known(shipped).major < 5:  # noqa: PLR2004
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


def _resolve_tool(registry: Registry, name: str, wanted: str, node: Version) -> str:
    try:
        found = registry.best(name, wanted, node=node)
    except RangeError as exc:
        raise BuildFailed(texts.no_such_tool(name, wanted, f"`{wanted}` is no semver range.")) from exc
    if found is None:
        raise BuildFailed(texts.no_such_tool(name, wanted, f"No {name} of that version was published."))
    return found.version


def _manager(build: Build, registry: Registry, node: Version, npm: Unpacked) -> tuple[Manager, tuple[Unpacked, ...]]:
    """Return what installs the modules, and the packages that it is beside npm."""
    if build.has("yarn.lock"):
        return _yarn(build, registry, node)
    if build.has("pnpm-lock.yaml"):
        return _pnpm(build, registry, node)
    return Manager("npm", _known(npm.version)), ()


def _declared(build: Build, name: str, default: str) -> str:
    field, _, version = build.package.package_manager.partition("@")
    if field == name and version:
        return version.partition("+")[0]
    return build.package.engines.get(name) or default


def _yarn(build: Build, registry: Registry, node: Version) -> tuple[Manager, tuple[Unpacked, ...]]:
    berry = "__metadata:" in (build.build_dir / "yarn.lock").read_text(errors="replace")
    wanted = _declared(build, "yarn", "4.x" if berry else "1.22.x")
    info(f"Downloading and installing yarn ({wanted})")
    package = "yarn" if _published(registry, "yarn", wanted, node) else "@yarnpkg/cli-dist"
    found = _unpacked(registry, package, _resolve_tool(registry, package, wanted, node))
    info(f"{'Using' if berry else 'Installed'} yarn {found.version}")
    return Manager("berry" if berry else "yarn", _known(found.version)), (found,)


def _published(registry: Registry, name: str, wanted: str, node: Version) -> bool:
    try:
        return registry.best(name, wanted, node=node) is not None
    except RangeError:
        return True


def _pnpm(build: Build, registry: Registry, node: Version) -> tuple[Manager, tuple[Unpacked, ...]]:
    wanted = _declared(build, "pnpm", "")
    info(f"Downloading and installing pnpm ({wanted or 'latest'})")
    found = _unpacked(registry, "pnpm", _resolve_tool(registry, "pnpm", wanted or "*", node))
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
