"""The 30 causes, ranked by how often they are met and how surely they are recognised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from localku.doctor import (
    boot,
    building,
    database_causes,
    http,
    lost_files,
    ports,
    procfile_causes,
    resources,
    trouble,
    windows,
)
from localku.doctor.evidence import BUILD
from localku.doctor.finding import Finding, Level

if TYPE_CHECKING:
    from localku.doctor.evidence import Evidence


@dataclass(frozen=True)
class Cause:
    number: int
    name: str
    judge: Callable[[Evidence], Finding | None]


CAUSES = (
    Cause(1, "not listening on $PORT, or on 127.0.0.1 only", ports.port),
    Cause(2, "a dependency is missing, or the app's module", boot.dependency),
    Cause(3, "no Procfile, or one Heroku cannot use", procfile_causes.process_types),
    Cause(4, "collectstatic fails in the build", building.collectstatic),
    Cause(5, "ALLOWED_HOSTS", http.allowed_hosts),
    Cause(6, "files written at run time vanish", lost_files.ephemeral),
    Cause(7, "postgres:// and SQLAlchemy", database_causes.scheme),
    Cause(8, "a Python version that is not available", building.python_runtime),
    Cause(9, "no buildpack recognises the app", building.undetected),
    Cause(10, "upper and lower case in file names", lost_files.letter_case),
    Cause(11, "TLS to the database", database_causes.tls),
    Cause(12, "migrations did not run", database_causes.migrations),
    Cause(13, "endless redirects to https", http.redirect_loop),
    Cause(14, "requests longer than 30 seconds", http.slow_requests),
    Cause(15, "a config var is not set", boot.config_var),
    Cause(16, "SQLite locally, Postgres on Heroku", database_causes.sqlite),
    Cause(17, "psycopg2 is compiled", building.psycopg2),
    Cause(18, "a package is in devDependencies", boot.development),
    Cause(19, "memory", resources.memory),
    Cause(20, "a process type runs no dyno", procfile_causes.not_scaled),
    Cause(21, "keep-alive and worker timeouts", http.interrupted),
    Cause(22, "CSRF and trusted origins", http.csrf),
    Cause(23, "state in the memory of one dyno", resources.shared_state),
    Cause(24, "a file is not committed", lost_files.left_out),
    Cause(25, "one-off and release dynos", resources.one_off),
    Cause(26, "conflicting lock files", building.lock_files),
    Cause(27, "the slug is too large, the build too slow", building.slug_size),
    Cause(28, "time zone and locale", resources.locale),
    Cause(29, ".env is read at run time", boot.env_file),
    Cause(30, "files written on Windows", windows.windows),
)


def diagnose(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what the evidence proves, the most likely first: what failed, then what will; by rank in each.

    Where the newest build failed, what failed it comes before what is wrong with the slug that still runs.
    """
    found = [finding for cause in CAUSES if (finding := cause.judge(evidence)) is not None]
    failed = bool(evidence.transcript) or evidence.refusal is not None

    def late(finding: Finding) -> bool:
        return failed and finding.voice != BUILD

    weighed = (replace(finding, level=level(finding, evidence)) for finding in found)
    return tuple(sorted(weighed, key=lambda one: (one.level, late(one), one.number)))


def level(finding: Finding, evidence: Evidence) -> Level:
    """How sure it is that this broke something: an app that is served does not fail, whatever its log says."""
    if finding.level is not Level.FAILED:
        return finding.level
    if finding.voice:
        return Level.FAILED if evidence.bears_on(finding.voice, finding.evidence) else Level.SEEN
    return Level.FAILED if trouble.may_be_of_files(evidence) else Level.RISK


def unexplained(evidence: Evidence, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return what was seen to fail and none of the findings explains."""
    known = tuple(finding for finding in findings if finding.level is Level.FAILED)
    return tuple(seen for seen in trouble.seen(evidence) if not trouble.is_explained(seen, known))
