import pytest
from nodejs_buildpack.diagnose import diagnose, install_failure, script_failure

ERESOLVE = """npm error code ERESOLVE
npm error ERESOLVE unable to resolve dependency tree
npm error Found: react@18.2.0
"""
EUSAGE = """npm error code EUSAGE
npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.
"""
ENOTCACHED = """npm error code ENOTCACHED
npm error request to https://registry.npmjs.org/yocto-queue failed: cache mode is 'only-if-cached' but no cached \
response is available.
"""
NPM3_OFFLINE = """38 http request GET https://registry.npmjs.org/ms
39 silly fetchPackageMetaData Error: getaddrinfo EAI_AGAIN registry.npmjs.org:443
npm ERR! code EAI_AGAIN
"""
YARN_OFFLINE = 'error Can\'t make a request in offline mode ("https://registry.yarnpkg.com/mkdirp/-/mkdirp-0.5.6.tgz")'
YARN_0_16 = """yarn install v0.16.1
error `install` has been replaced with `add` to add new dependencies. Run "yarn add --frozen-lockfile" instead.
"""
PNPM_OFFLINE = "╰─▶ ERR_PNPM_NO_OFFLINE_META: Failed to resolve minimist in package mirror /"
E404 = """npm error code E404
npm error 404 Not Found - GET https://registry.npmjs.org/no-such-thing - Not found
npm error 404  'no-such-thing@1.0.0' is not in this registry.
"""
ETARGET = """npm error code ETARGET
npm error notarget No matching version found for express@99.0.0.
"""
GIT_128 = """npm error code 128
npm error An unknown git error occurred
npm error command git --no-replace-objects ls-remote https://example.com/none.git"""
FLATMAP = """npm ERR! code E404
npm ERR! 404 Not Found - GET https://registry.npmjs.org/flatmap-stream/-/flatmap-stream-0.1.1.tgz"""
HEAP = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
GYP = "gyp ERR! build error\ngyp ERR! stack Error: `make` failed with exit code: 2"
REFUSED = "npm error request to https://r.example/ms failed, reason: connect ECONNREFUSED 127.0.0.1:1"


@pytest.mark.parametrize(
    ("output", "title", "named"),
    [
        (ERESOLVE, "Error: Conflict detected in requested npm dependencies.", "legacy-peer-deps"),
        (EUSAGE, "Error: npm lockfile is not in sync.", "npm install"),
        (ENOTCACHED, "Error: Unable to install dependencies using npm.", "https://registry.npmjs.org/yocto-queue"),
        (NPM3_OFFLINE, "Error: Unable to install dependencies using npm.", "https://registry.npmjs.org/ms"),
        (E404, "Error: Unable to install dependencies using npm.", "no-such-thing"),
        (ETARGET, "Error: Unable to install dependencies using npm.", "express@99.0.0. Change"),
        ('npm error Missing script: "buld"', "Error: Missing script.", "`buld`"),
        ("npm ERR! missing script: buld", "Error: Missing script.", "`buld`"),
        ("npm error code ENOSPC\nnpm error nospc no space left", "Error: No space left on the disk.", "Free some"),
        (HEAP, "Error: Node.js Out-Of-Memory (OOM)", "NODE_OPTIONS=--max_old_space_size=4096"),
        (GYP, "Error: A native module did not compile.", "engines.node"),
        (REFUSED, "Error: Unable to install dependencies using npm.", "https://r.example/ms"),
        ("SELF_SIGNED_CERT_IN_CHAIN", "Error: The registry's certificate was not accepted.", "NODE_EXTRA_CA"),
        ("npm error code EBADPLATFORM", "Error: Unable to install dependencies using npm.", "optionalDependencies"),
        ("Permission denied (publickey).", "Error: Unable to install a git dependency over SSH.", "https://"),
        (GIT_128, "npm Git dependency error (code 128)", "package.json"),
        (f"{GIT_128}\nHost key verification failed.", "Error: Unable to install a git dependency over SSH.", "https"),
        (FLATMAP, "Error: The flatmap-stream module has been removed from the npm registry.", "event-stream@3.3.6"),
        ("ERR_OSSL_EVP_UNSUPPORTED", "Error: Unsupported cryptographic algorithm used", "openssl-legacy"),
        ("> webpack\nERR_OSSL_EVP_UNSUPPORTED", "Error: Unsupported cryptographic algorithm used", "hashFunction"),
    ],
)  # fmt: skip
def test_usual_causes_of_npm(output: str, title: str, named: str) -> None:
    text = diagnose(output)
    assert text is not None
    assert text.splitlines()[0] == title
    assert named in text


@pytest.mark.parametrize(
    ("output", "manager", "title", "named"),
    [
        (YARN_OFFLINE, "Yarn", "Error: Unable to install dependencies using Yarn.", "mkdirp-0.5.6.tgz"),
        (PNPM_OFFLINE, "pnpm", "Error: Unable to install dependencies using pnpm.", "no network: minimist\n"),
        ("error Your lockfile needs to be updated", "Yarn", "Outdated Yarn lockfile", "yarn install"),
        (YARN_0_16, "Yarn", "Outdated Yarn version: 0.16.1", '"yarn": "1.22.x" }'),
        ("➤ YN0028: │ -some line", "Yarn", "Yarn lockfile is not in sync", "commit yarn.lock"),
        ("ERR_PNPM_OUTDATED_LOCKFILE  Cannot install", "pnpm", "Error: pnpm lockfile is not in sync.", "pnpm install"),
        (
            'error Couldn\'t find any versions for "ms" that matches "99"',
            "Yarn",
            "Error: Unable to install dependencies using Yarn.",
            '"ms" that matches "99"',
        ),
    ],
)
def test_usual_causes_of_others(output: str, manager: str, title: str, named: str) -> None:
    text = diagnose(output, manager)
    assert text is not None
    assert text.splitlines()[0] == title
    assert named in text


def test_an_unknown_cause_still_says_what_failed() -> None:
    assert diagnose("something odd") is None
    assert "`npm ci` ended with status 7" in install_failure("something odd", "npm", "npm ci", 7)
    assert "The script `build` in package.json ended with status 2" in script_failure("odd", "npm", "build", 2)
