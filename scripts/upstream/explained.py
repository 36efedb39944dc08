"""Why localku differs in substance, test by test, in the names that the table has; written by hand."""

from __future__ import annotations

_METRICS = "Language metrics go to a service of Heroku's: the buildpack installs no collector for them."
_UV = "uv lies at another place in the build cache, so PATH names another folder."
_LINES = (*range(14, 27), 10, 12)

EXPLAINED: dict[tuple[str, str], str] = {
    ("python", "profile_d_scripts procfile"): (
        "A LANG that does not exist is replaced by a script of Ubuntu's in /etc/profile.d, which debian-14 has not."
    ),
    ("python", "ci ci_uv"): _UV,
    ("python", "uv uv_basic (1)"): _UV,
    ("python", "python_version python_version_non_existent_patch"): (
        "localku knows before it installs that there is no such version: the line is missing, the error is the same."
    ),
    ("nodejs", "run-general testCustomNodeBinaryURL"): (
        "nodejs.org cannot be reached from the machine that ran this; the address is tried, and the build says so."
    ),
    ("nodejs", "node_19 node-19"): "Node.js 19.9.0 is not on npm: 19.8.1 is installed, with its own npm.",
    ("nodejs", "run-npm testNode22Npm11BootstrapRegressionWorkaround"): (
        "Here npm is unpacked, not installed by the npm of Node.js 22.22.2, a fault of which Heroku's buildpack works "
        "round. The npm that is asked for is the same."
    ),
    **{("nodejs", f"node_{line}_metrics node-{line}-metrics"): _METRICS for line in _LINES},
    **{
        ("nodejs", f"run-general testPluginInstallation{which}"): _METRICS
        for which in (
            "BuildTime",
            "RunTimeNodeAddon",
            "RunTimeNodeScript",
            "RunTimeNodeScriptWhenLegacyPluginIsRequested",
            "RunTimeNodeScriptWithNoLegacyFallback",
        )
    },
}
