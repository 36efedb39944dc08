"""What the user is told about versions. First lines are Heroku's own; what to do about it is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodekit.releases import RECOMMENDED_LTS

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

CHECKED_IN = """\
node_modules checked into source control

https://devcenter.heroku.com/articles/node-best-practices#only-git-the-important-bits"""


def invalid_node(wanted: str) -> str:
    return (
        "Error: Invalid Node.js version requirement.\n\n"
        f"engines.node in package.json is `{wanted}`, which is no semver range.\n\n{_ADVICE}"
    )


def no_such_node(wanted: str) -> str:
    return (
        "Error: No published Node.js version matches the requested range.\n\n"
        f"engines.node in package.json is `{wanted}`; no released Node.js fits it.\n\n{_ADVICE}"
    )


def no_such_tool(name: str, wanted: str, why: str) -> str:
    return f"Unable to install {name} {wanted}.\n\n{why}\nChange engines.{name} or packageManager in package.json."


def unreachable(why: str, *, offline: bool) -> str:
    """Name what could not be downloaded, and what to do: build once with a network, or mend the network."""
    todo = (
        "Build once with a network: what is downloaded then is kept for builds without one."
        if offline
        else "Neither nodejs.org nor the npm registry could provide it. Check the network, proxy and certificate\n"
        "settings of this machine (https_proxy, SSL_CERT_FILE, NPM_CONFIG_REGISTRY), then build again."
    )
    return f"Error: Unable to download Node.js.\n\n{why}\n\n{todo}"


def node_warnings(wanted: str, found: Resolved) -> list[str]:
    """Return the warnings Heroku gives for a version range and for what it came to."""
    texts = []
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
