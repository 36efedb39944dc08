"""Why localku differs in substance, test by test, in the names that the table has; written by hand."""

from __future__ import annotations

_CI = "Run before the buildpack had a bin/test-compile, which Heroku CI starts."
_METRICS = "Language metrics go to a service of Heroku's: the buildpack installs no collector for them."
_MENDED = "Mended since, with a test of our own; not run again."
_PLUGIN = (
    "Heroku's buildpack brings a plugin that prunes for Yarn 2 and 3: here devDependencies stay, and the build says so."
)

EXPLAINED: dict[tuple[str, str], str] = {
    **{("python", f"ci ci_{manager}"): _CI for manager in ("pip", "pipenv", "poetry", "uv")},
    ("python", "profile_d_scripts procfile"): (
        "Run before a dyno kept its PATH past /etc/profile, which is mended. A LANG that does not exist is replaced by "
        "a script of Ubuntu's in /etc/profile.d, which debian-14 has not."
    ),
    ("python", "uv uv_basic (1)"): "uv lies at another place in the build cache, so PATH names another folder.",
    ("python", "python_version python_version_non_existent_patch"): (
        "localku knows before it installs that there is no such version: the line is missing, the error is the same."
    ),
    **{("nodejs", f"run-{kind}"): _CI for kind in ("yarn testCIDependenciesYarn", "npm testCIDependencies")},
    **{("nodejs", f"run-yarn testExecWithYarnAnd{kind}"): _CI for kind in ("Corepack", "Engine")},
    **{("nodejs", f"run-pnpm testExecWithPnpmAnd{kind}"): _CI for kind in ("Corepack", "Engine")},
    ("nodejs", "run-general testCustomNodeBinaryURL"): (
        "nodejs.org cannot be reached from the machine that ran this; the address is tried, and the build says so."
    ),
    ("nodejs", "run-general testNonFileEnvVars"): _MENDED,
    ("nodejs", "run-general testCIEnvVars"): _CI,
    ("nodejs", "run-general testCIEnvVarsOverride"): _CI,
    ("nodejs", "run-general testWarningNode_22_5_0"): _MENDED,
    ("nodejs", "run-general testConflictingPackageManagerMetadata"): _MENDED,
    ("nodejs", "run-general testErrorOpensslUnsupportedAlgorithm"): _MENDED,
    ("nodejs", "run-general testErrorOpensslUnsupportedAlgorithmInWebpack"): _MENDED,
    ("nodejs", "run-general testErrorOOM"): _MENDED,
    ("nodejs", "run-yarn testEmptyHerokuPostbuildWithYarn"): _MENDED,
    **{("nodejs", f"run-yarn testYarn2{kind}"): _MENDED for kind in ("WithNodeModules", "WithEngine")},
    ("nodejs", "run-yarn testOldYarn"): (
        "A Yarn older than 0.17 fails in both; Heroku's advice to ask for a newer one is missing here."
    ),
    **{
        ("nodejs", f"run-yarn testYarn{test}"): _PLUGIN
        for test in ("2", "2WithPackageManager", "2Engine", "2WithYarn2SkipPruningFalse", "2WithoutWorkspaceModule")
    },
    **{("nodejs", f"run-yarn testYarn3{test}"): _PLUGIN for test in ("", "WithPackageManager", "WithEngine")},
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
