"""What the user is told about versions. First lines are Heroku's own; what to do about it is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodekit.releases import RECOMMENDED_LTS
from nodekit.semver import Version

if TYPE_CHECKING:
    from nodekit.releases import Resolved

_ADVICE = f"""\
Name a line in package.json and get its fixes with every build:

  "engines": {{ "node": "{RECOMMENDED_LTS}.x" }}

https://devcenter.heroku.com/articles/nodejs-support#specifying-a-node-js-version"""

DEFAULT_PNPM = """\
Default pnpm version used

There is a pnpm-lock.yaml, but package.json names no pnpm in "packageManager" or "engines.pnpm".
The newest pnpm was taken; name one to get the same with every build."""

NO_START = """\
This app may not specify any way to start a node process

https://devcenter.heroku.com/articles/nodejs-support#default-web-process-type"""

_SET_VERSION = "yarn set version stable"
_PER_PROJECT = "https://yarnpkg.com/getting-started/install"

KEPT_MODULES = "Keeping existing node_modules because SKIP_NODE_MODULES_CHECK=true"

CHECKED_IN = """\
node_modules checked into source control

https://devcenter.heroku.com/articles/node-best-practices#only-git-the-important-bits"""


def invalid_node(wanted: str) -> str:
    return (
        "Error: Invalid Node.js version requirement.\n\n"
        f"engines.node in package.json is `{wanted}`, which is no semver range.\n\n{_ADVICE}"
    )


def no_such_node(wanted: str, *, all_are_known: bool) -> str:
    """Tell that nothing fits; without nodejs.org, whose list has every release, only what the npm registry has."""
    why = (
        "no released Node.js fits it."
        if all_are_known
        else "nodejs.org cannot be reached from\nhere, and the npm registry has no Node.js that fits it."
    )
    return (
        "Error: No published Node.js version matches the requested range.\n\n"
        f"engines.node in package.json is `{wanted}`; {why}\n\n{_ADVICE}"
    )


NO_YARNRC = f"""\
The 'yarnrc.yml' file is not found

yarn.lock is one of Yarn 2 or later, and nothing says which Yarn installs it: there is no .yarnrc.yml, and package.json
names none in "packageManager". `{_SET_VERSION}` writes both; commit them.

{_PER_PROJECT}"""

NO_YARN_PATH = f"""\
The 'yarnPath' could not be read from the 'yarnrc.yml' file

yarn.lock is one of Yarn 2 or later, and neither `yarnPath` in .yarnrc.yml nor "packageManager" in package.json says
which Yarn installs it. `{_SET_VERSION}` does; commit what it changes.

{_PER_PROJECT}"""


def no_release(path: str) -> str:
    return (
        "Yarn was not found\n\n"
        f"`yarnPath` in .yarnrc.yml names {path}, which is not in the app. Is .yarn/releases ignored by Git?\n"
        f"Commit that file, or let `{_SET_VERSION}` write it again.\n\n{_PER_PROJECT}"
    )


def broken_release(path: str, said: str) -> str:
    return (
        f"Yarn was not found\n\n{path}, which `yarnPath` in .yarnrc.yml names, does not run:\n{said}\n\n{_PER_PROJECT}"
    )


def yarn_production(*, skip: str) -> str:
    return (
        "Unsupported Yarn configuration: YARN_PRODUCTION\n\n"
        "Yarn 2 and later stop at this config var. YARN2_SKIP_PRUNING decides whether devDependencies stay:\n\n"
        f"  heroku config:unset YARN_PRODUCTION\n  heroku config:set YARN2_SKIP_PRUNING={skip}"
    )


def not_read_by_berry(name: str) -> str:
    return (
        f"There is an existing {name} file that will not be used. Yarn 2 and later read .yarnrc.yml only.\n\n"
        "https://devcenter.heroku.com/articles/migrating-to-yarn-2"
    )


def declared_twice(name: str, package_manager: str, engine: str) -> str:
    command = name.lower()
    return (
        f"Multiple {name} versions declared\n\n"
        f'package.json asks for {package_manager} in "packageManager" and for {engine} in "engines.{command}".\n'
        f'"packageManager" wins. Remove one of them.'
    )


def release_beside_field(package_manager: str, path: str) -> str:
    return (
        'Yarn release script may conflict with "packageManager"\n\n'
        f'package.json asks for {package_manager} in "packageManager", and `yarnPath` in .yarnrc.yml for {path}:\n'
        "the latter is what runs. Remove the one that is not meant."
    )


def lifecycle_in_workspace(project: str) -> str:
    return _pruning_skipped(
        f"{project}/package.json has lifecycle scripts, and pnpm prunes a workspace by installing it again, which\n"
        "runs them without the devDependencies they may need",
    )


def lifecycle_in_old_pnpm(version: str) -> str:
    return _pruning_skipped(
        f"pnpm {version} runs the lifecycle scripts of package.json when it prunes, without the devDependencies they\n"
        "may need; pnpm 8.15.6 and later do not",
    )


def _pruning_skipped(why: str) -> str:
    return (
        f"Pruning skipped due to presence of lifecycle scripts\n\n{why}.\n"
        "They are pnpm:devPreinstall, preinstall, install, postinstall and prepare.\n\n"
        "https://devcenter.heroku.com/articles/nodejs-support"
    )


_NPM_VERSION = "https://devcenter.heroku.com/articles/nodejs-support#specifying-an-npm-version"


def troubled_npm(version: str) -> str:
    return (
        f"This version of npm ({version}) has several known issues. Ask for a newer one in engines.npm of package.json."
        f"\n\n{_NPM_VERSION}"
    )


def npm_without_lockfile(version: str) -> str:
    return (
        f"This version of npm ({version}) does not support package-lock.json. Ask for npm 5 or later in engines.npm\n"
        f"of package.json.\n\n{_NPM_VERSION}"
    )


def unfit_npm(wanted: str, found: str, node: str) -> str:
    return (
        f"Unable to install npm {wanted}.\n\n"
        f"npm {found} does not support Node.js {node}. Change engines.npm, or engines.node, in package.json."
    )


def no_such_tool(name: str, wanted: str, why: str) -> str:
    return f"Unable to install {name} {wanted}.\n\n{why}\nChange engines.{name} or packageManager in package.json."


def yarn_binary(address: str) -> str:
    return (
        "Error: YARN_BINARY_URL is not supported.\n\n"
        f"The config var names {address}, and Heroku's Node.js buildpack downloads nothing from there since June\n"
        "2025: a build ends for want of a yarn. Unset it, and ask for a version in packageManager or engines.yarn of\n"
        "package.json.\n\nhttps://github.com/heroku/heroku-buildpack-nodejs/pull/1420"
    )


def unreachable(title: str, why: str, *, offline: bool) -> str:
    """Name what could not be downloaded, and what to do: build once with a network, or mend the network."""
    todo = (
        "Build once with a network: what is downloaded then is kept for builds without one."
        if offline
        else "Neither nodejs.org nor the npm registry could provide it. Check the network, proxy and certificate\n"
        "settings of this machine (https_proxy, SSL_CERT_FILE, NPM_CONFIG_REGISTRY), then build again."
    )
    return f"{title}\n\n{why}\n\n{todo}"


_HANGING_INSTALLS = """\
Issues with Node.js v22.5.0

npm and Yarn hang or break in this release, and were mended in 22.5.1. Ask for another in engines.node of package.json.

https://github.com/nodejs/node/pull/53934"""


def no_binary(why: str) -> str:
    return (
        f"Error: Unable to download Node.js.\n\n{why}\n\nThe config var NODE_BINARY_URL names that address. Check it,"
        " or unset the config var and name a version in\nengines.node of package.json.\n\nhttps://status.nodejs.org/"
    )


def node_warnings(wanted: str, found: Resolved) -> list[str]:
    """Return the warnings Heroku gives for a version range and for what it came to."""
    texts = [_HANGING_INSTALLS] if found.version == Version(22, 5, 0) else []
    if found.wide:
        texts.append(
            f"The requested Node.js version is using a wide range ({wanted}) that can resolve to a Node.js major "
            f"version\nhigher than you intended. A single line such as `{RECOMMENDED_LTS}.x` is safer.",
        )
    if found.capped:
        texts.append(
            f"The resolved Node.js version has been limited to the Active LTS ({found.version}) for the requested "
            f"range of `{wanted}`.\nThe config var NODEJS_ALLOW_WIDE_RANGE=true takes the highest version instead.",
        )
    if found.eol:
        texts.append(
            f"Node.js {found.version} is now End-of-Life (EOL). It gets no security fixes any more, and Heroku says\n"
            "it will refuse such versions in a future buildpack release.\n\n"
            "https://devcenter.heroku.com/articles/nodejs-support#supported-node-js-versions",
        )
    return texts
