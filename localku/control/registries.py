"""The variables that say where a build gets packages from."""

REGISTRIES = (
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT"),
    *("UV_INDEX_URL", "UV_DEFAULT_INDEX", "NPM_CONFIG_REGISTRY", "npm_config_registry", "YARN_REGISTRY"),
    "bower_registry",
)
"""Where a build gets packages from: a push is built with the server's own."""
