"""Why an install or a build script failed, read from what it printed.

First lines are those of Heroku's nodejs buildpack where it has one for the cause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """`title` may hold `{manager}`, and as `advice` `{what}`, the one group of `pattern` that matched."""

    pattern: re.Pattern[str]
    title: str
    advice: str


def _cause(pattern: str, title: str, advice: str) -> Cause:
    return Cause(re.compile(pattern, re.IGNORECASE | re.MULTILINE), title, advice)


_INSTALL = "Error: Unable to install dependencies using {manager}."
_OPENSSL = "Error: Unsupported cryptographic algorithm used"
_SCRIPT = "Error: A build script exited with a non-zero exit code."

# The first that matches wins: what is certain stands before what is a symptom of something else.
CAUSES = (
    _cause(
        r"ENOSPC",
        "Error: No space left on the disk.",
        "The disk the build writes to is full. Free some space (old images and caches are the usual culprits),\n"
        "then build again.",
    ),
    _cause(
        r"heap out of memory|Reached heap limit",
        "Error: Node.js Out-Of-Memory (OOM)",
        "Node.js used up its heap. Give it more with the config var NODE_OPTIONS=--max_old_space_size=4096, or make\n"
        "the build do less at once (source maps and several bundles in parallel cost most).",
    ),
    _cause(
        r"code ENOTCACHED(?:.|\n)*?request to (\S+) failed",
        _INSTALL,
        "Not in the cache, and this build has no network: {what}\n"
        "Build once with a network; what is downloaded then is kept for builds without one.",
    ),
    _cause(
        r"Couldn't find any versions for \"([^\"]+)\" that matches .*(?:possible versions: \"\"|offline)"
        r"|Couldn't find the package \"([^\"]+)\" .*offline"
        r"|ERR_PNPM_NO_OFFLINE_META\W+Failed to resolve (\S+)|ERR_PNPM_NO_OFFLINE_TARBALL\W+([^\n]+)"
        r"|Can't make a request in offline mode \(\"([^\"]+)"
        r"|Network access ha\w+ been disabled by configuration \(([^)]+)",
        _INSTALL,
        "Not in the cache, and this build has no network: {what}\n"
        "Build once with a network; what is downloaded then is kept for builds without one.",
    ),
    _cause(
        r"code ERESOLVE|ERESOLVE (?:unable|could not)",
        "Error: Conflict detected in requested npm dependencies.",
        "Two modules ask for versions of a third that exclude each other; the lines after `Found:` and\n"
        "`Could not resolve dependency:` above name them. Change one of the versions in package.json, install\n"
        "locally, commit package-lock.json. To install as npm 6 did, put legacy-peer-deps=true into .npmrc.",
    ),
    _cause(
        r"code EUSAGE|can only install packages when your package.json and package-lock.json",
        "Error: npm lockfile is not in sync.",
        "package.json asks for modules that the lockfile does not have. Run `npm install` in the app's folder and\n"
        "commit the lockfile together with package.json.",
    ),
    _cause(
        r"Your lockfile needs to be updated",
        "Outdated Yarn lockfile",
        "package.json asks for modules that yarn.lock does not have. Run `yarn install` in the app's folder and\n"
        "commit yarn.lock.",
    ),
    _cause(
        r"^yarn install v(\S+)(?:.|\n)*?error `install` has been replaced with `add` to add new dependencies",
        "Outdated Yarn version: {what}",
        "Yarn before 0.19 does not know --frozen-lockfile, by which a build installs what yarn.lock has. Ask for a\n"
        'newer one in package.json:\n\n  "engines": {{ "yarn": "1.22.x" }}\n\n'
        "https://devcenter.heroku.com/articles/nodejs-support#specifying-a-yarn-version",
    ),
    _cause(
        r"YN0028",
        "Yarn lockfile is not in sync",
        "yarn.lock would change if yarn installed what package.json asks for. Run `yarn install` in the app's\n"
        "folder and commit yarn.lock.",
    ),
    _cause(
        r"ERR_PNPM_(?:OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH)|ERR_PNPM_FROZEN_LOCKFILE",
        "Error: pnpm lockfile is not in sync.",
        "package.json asks for modules that pnpm-lock.yaml does not have. Run `pnpm install` in the app's folder\n"
        "and commit pnpm-lock.yaml.",
    ),
    _cause(
        r"missing script:\s*\"?([^\s\"]+)|Command \"([^\"]+)\" not found",
        "Error: Missing script.",
        "A script calls `{what}`, which package.json does not define under `scripts`.",
    ),
    _cause(
        r"\A(?=[\s\S]*flatmap-stream)[\s\S]*?(?:npm (?:ERR!|error) code E404\b|Request failed \\?\"404 Not Found)",
        "Error: The flatmap-stream module has been removed from the npm registry.",
        "npm took flatmap-stream and event-stream@3.3.6 away in 2018, because they stole from those who ran them.\n"
        "Update what asks for them, install locally and commit the lockfile.",
    ),
    _cause(
        r"code E404(?:.|\n)*?"
        r"(?:'(@?[^'\s]+)' (?:is not in|could not be found)|404 Not Found - GET (\S+))"
        r"|Request failed \\?\"404 Not Found\\?\""
        r"|ERR_PNPM_FETCH_404(?:.|\n)*?GET ([^\s:]+:\S+?)(?::|\s)",
        _INSTALL,
        "The registry does not know the package {what}. Check its name in package.json; if it is\n"
        "private, the build needs a token in .npmrc (a config var such as NPM_TOKEN can carry it).",
    ),
    _cause(
        r"code ETARGET(?:.|\n)*?No matching version found for (\S+?)\.?(?:\s|$)"
        r"|Couldn't find any versions for (.+)|ERR_PNPM_NO_MATCHING_VERSION\W+(.+)",
        _INSTALL,
        "No published version fits: {what}. Change the version in package.json to one that exists.",
    ),
    _cause(
        r"code EBADPLATFORM",
        _INSTALL,
        "A module above does not run on this CPU or operating system. If only some machines need it, list it under\n"
        "optionalDependencies.",
    ),
    _cause(
        r"code EINVALIDPACKAGENAME",
        _INSTALL,
        "A name under dependencies in package.json is no valid package name; the line above shows which.",
    ),
    _cause(
        r"Host key verification failed|Permission denied \(publickey\)",
        "Error: Unable to install a git dependency over SSH.",
        "A build has no SSH key. Use an https:// address for that dependency, with a token if it is private.",
    ),
    _cause(
        r"npm (?:ERR!|error) code 128\b(?:.|\n)*?An unknown git error occurred",
        "npm Git dependency error (code 128)",
        "git could not fetch a dependency that package.json names by a Git address; the lines above say which and why.",
    ),
    _cause(
        r"gyp ERR!|node-gyp",
        "Error: A native module did not compile.",
        "node-gyp could not build it; the first `error:` line above says why. Usual reasons: the module's version is\n"
        "older than this Node.js line (take a newer version of the module, or an older Node.js in engines.node), or\n"
        "it needs a system library that the stack does not have.",
    ),
    _cause(
        r"\A(?=[\s\S]*webpack)[\s\S]*?(?:ERR_OSSL_EVP_UNSUPPORTED|digital envelope routines::unsupported)",
        _OPENSSL,
        "webpack 4 asks for a hash that OpenSSL 3, in Node.js since 17, refuses. Update it, or name another\n"
        "`output.hashFunction` in its configuration. Until then the config var NODE_OPTIONS=--openssl-legacy-provider\n"
        "allows such hashes.\n\nhttps://webpack.js.org/configuration/output/#outputhashfunction",
    ),
    _cause(
        r"ERR_OSSL_EVP_UNSUPPORTED|digital envelope routines::unsupported",
        _OPENSSL,
        "Something asks for an algorithm that OpenSSL 3, in Node.js since 17, refuses; the lines above say what.\n"
        "Update it. Until then the config var NODE_OPTIONS=--openssl-legacy-provider allows such algorithms.\n\n"
        "https://devcenter.heroku.com/articles/nodejs-support",
    ),
    _cause(
        r"UNABLE_TO_(?:VERIFY|GET)|SELF_SIGNED_CERT|unable to get local issuer",
        "Error: The registry's certificate was not accepted.",
        "Something between here and the registry uses a certificate that Node.js does not trust. Point\n"
        "NODE_EXTRA_CA_CERTS (or SSL_CERT_FILE) on this machine to that authority's PEM file.",
    ),
    _cause(
        r"request to (http\S+) failed, reason:.*(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT)"
        r"|http request GET (\S+)\n\d+ silly fetchPackageMetaData Error: (?:getaddrinfo|connect)"
        r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ERR_SOCKET_TIMEOUT|network timeout"
        r"|There appears to be trouble with your network",
        _INSTALL,
        "The registry could not be reached: {what}\n"
        "Check the network and proxy of this machine; without a network only modules that the cache holds from an\n"
        "earlier build can be installed.",
    ),
    _cause(
        r"ECONNRESET|socket hang up",
        "Error: A network connection was reset while communicating with a remote server (ECONNRESET).",
        "This is usually passing: build again.",
    ),
)


def diagnose(output: str, manager: str = "npm") -> str | None:
    """Return what to tell the user, first line a summary; None when the cause is not a usual one."""
    for cause in CAUSES:
        match = cause.pattern.search(output)
        if match:
            what = next(filter(None, match.groups()), "(see the lines above)")
            return f"{cause.title.format(manager=manager, what=what)}\n\n{cause.advice.format(what=what)}"
    return None


def install_failure(output: str, manager: str, command: str, status: int) -> str:
    """Return the text for a failed install, whatever its cause."""
    return diagnose(output, manager) or (
        f"{_INSTALL.format(manager=manager)}\n\n"
        f"`{command}` ended with status {status}. The lines above say why; run it in the app's folder to see the same."
    )


def script_failure(output: str, manager: str, script: str, status: int) -> str:
    """Return the text for a failed script of package.json."""
    return diagnose(output, manager) or (
        f"{_SCRIPT}\n\n"
        f"The script `{script}` in package.json ended with status {status}. The lines above are what it printed."
    )
