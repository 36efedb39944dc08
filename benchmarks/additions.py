"""Dependencies that are added to the app, one after another, so that each round has one that was not there before."""

from __future__ import annotations

from typing import Any

REQUIREMENTS = (
    "six==1.17.0",
    "idna==3.10",
    "toml==0.10.2",
    "pytz==2025.2",
    "packaging==25.0",
    "click==8.2.1",
    "tzdata==2025.2",
    "certifi==2025.8.3",
    "attrs==25.3.0",
    "zipp==3.23.0",
)
"""Pure Python without dependencies of their own."""

PACKAGES = {
    "ms": ("2.1.3", "6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA=="),
    "inherits": ("2.0.4", "k/vGaX4/Yla3WzyMCvTQOXYeIHvqOKtnqBduzTHpzpQZzAskKMhZ2K+EnBiSM9zGSoIFeMpXKxa4dYeZIQqewQ=="),
    "escape-html": (
        "1.0.3",
        "NiSupZ4OeuGwr68lGIeym/ksIZMJodUGOSCZ/FSnTxcrekbvqrgdUxlJOMpijaKZVjAJrWrGs/6Jy8OMuyj9ow==",
    ),
    "ee-first": ("1.1.1", "WMwm9LhRUo+WUaRN+vRuETqG89IgZphVSNkdFgeb6sS/E4OrDIN7t48CAewSHXc6C8lefD8KKfr5vY61brQlow=="),
    "depd": ("2.0.0", "g7nH6P6dyDioJogAAGprGpCtVImJhpPk/roCzdb3fIh61/s/nPsfR6onyMwkCAR/OlC3yBC0lESvUoQEAssIrw=="),
    "etag": ("1.8.1", "aIL5Fx7mawVa300al2BnEE4iNvo1qETxLrPI/o05L7z6go7fCw1J6EQmbK4FmJ2AS7kgVF/KEZWufBfdClMcPg=="),
    "range-parser": (
        "1.2.1",
        "Hrgsx+orqoygnmhFbKaHE6c296J+HTAQXoxEF6gNupROmmGJRoyzfG3ccAveqCBrwr/2yxQ5BVd/GTl5agOwSg==",
    ),
    "vary": ("1.1.2", "BNGbWLfd0eUPabhkXUVm0j8uuvREyTh5ovRa/dyow/BqAbZJyC+5fU+IzQOzmAKzYqYRAISoRhdQr3eIZ/PXqg=="),
    "unpipe": ("1.0.0", "pjy2bYhSsufwWlKwPc+l3cN7+wuJlK6uz0YdJEOlQDbl6jo/YlPi4mb8agUkVC8BF7V8NuzeyPNqRksA3hztKQ=="),
    "encodeurl": ("2.0.0", "Q0n9HRi4m6JuGIV1eFlmvJB7ZEVxu93IrMyiMsGC0lrMJMWzRgx6WGquyfQgZVb31vhGgXnfmPNNXmxnOkRBrg=="),
}
"""Name to version and SHA-512, as `npm view NAME dist.integrity` says it; none has dependencies."""


def requirements(number: int) -> str:
    """Return lines for requirements.txt: one more for each number, from the start again after the last."""
    return "".join(f"{line}\n" for line in REQUIREMENTS[: (number - 1) % len(REQUIREMENTS) + 1])


def with_package(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return a package.json or package-lock.json with one dependency more; without any once all are there."""
    entries = manifest.get("packages")
    top = manifest if entries is None else entries[""]
    there = [name for name in PACKAGES if name in top["dependencies"]]
    others = {name: version for name, version in top["dependencies"].items() if name not in PACKAGES}
    wanted = [] if len(there) == len(PACKAGES) else [*there, list(PACKAGES)[len(there)]]
    pinned = {name: PACKAGES[name][0] for name in wanted}
    new_top = {**top, "dependencies": {**others, **pinned}}
    if entries is None:
        return new_top
    kept = {path: entry for path, entry in entries.items() if path.removeprefix("node_modules/") not in PACKAGES}
    return {**manifest, "packages": {**kept, "": new_top, **{f"node_modules/{name}": _entry(name) for name in wanted}}}


def _entry(name: str) -> dict[str, str]:
    version, digest = PACKAGES[name]
    return {"version": version, "integrity": f"sha512-{digest}", "license": "MIT"}
