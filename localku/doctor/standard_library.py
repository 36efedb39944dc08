"""What is a part of the language or of the platform, and in no package: no dependency file can bring it."""

from __future__ import annotations

import sys

from localku.errors import CLIENT

_REMOVED = {
    "3.10": ("formatter", "parser", "symbol"),
    "3.11": ("binhex",),
    "3.12": ("asynchat", "asyncore", "distutils", "imp", "smtpd"),
    "3.13": ("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "msilib", "nis",
             "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"),
}  # fmt: skip
"""Python version → modules that left the standard library with it (docs.python.org, "What's New", Removed)."""
_ADDED = {
    "annotationlib": "3.14", "compression": "3.14", "graphlib": "3.9", "tomllib": "3.11", "zoneinfo": "3.9"
}  # fmt: skip

_NODE = frozenset(
    {"assert", "async_hooks", "buffer", "child_process", "cluster", "crypto", "dns", "events", "fs", "http", "http2",
     "https", "net", "os", "path", "perf_hooks", "process", "querystring", "readline", "stream", "timers", "tls", "tty",
     "url", "util", "v8", "vm", "worker_threads", "zlib"}
)  # fmt: skip

BUILDPACKS = {
    **dict.fromkeys(("python", "python3", "pip", "pip3"), "heroku/python"),
    **dict.fromkeys(("node", "nodejs", "npm", "npx"), "heroku/nodejs"),
    **dict.fromkeys(("ruby", "bundle", "rake", "rails"), "heroku/ruby"),
    **dict.fromkeys(("java", "mvn"), "heroku/java"),
    **dict.fromkeys(("php", "composer"), "heroku/php"),
    "go": "heroku/go",
}
"""Programs that a buildpack brings."""

_REMOVED_WITH = {name: version for version, names in _REMOVED.items() for name in names}


def is_part(language: str, name: str) -> bool:
    """Whether `name` belongs to Python or Node itself, or, as a command, to a buildpack."""
    if language == "command":
        return name in BUILDPACKS
    if language == "node":
        return name.startswith("node:") or name.partition("/")[0] in _NODE
    top = name.partition(".")[0]
    return language == "python" and (top in sys.stdlib_module_names or top in _REMOVED_WITH or top in _ADDED)


def advice(language: str, name: str) -> tuple[str, str]:
    """Why it is not there, and what to do."""
    if language == "command":
        pack = BUILDPACKS[name]
        return f"it comes with the buildpack {pack}, which this build did not use", f"`{CLIENT} buildpacks:add {pack}`"
    if language == "node":
        return "it is part of a newer Node than the one that runs here", "ask for that in engines.node"
    top = name.partition(".")[0]
    if top == "distutils":
        return "Python no longer includes it since 3.12", "add `setuptools`, which provides it, to the dependencies"
    if top in _REMOVED_WITH:
        return (
            f"Python no longer includes it since {_REMOVED_WITH[top]}",
            "use a newer version of the package that imports it",
        )
    if top in _ADDED:
        return f"Python includes it only since {_ADDED[top]}", f"ask for {_ADDED[top]} or newer in .python-version"
    return "it is part of Python itself, and this Python was built without it", "do without it: no package provides it"
