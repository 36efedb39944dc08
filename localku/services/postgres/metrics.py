"""What Heroku's log says of a database every minute (Dev Center, "Heroku Postgres Metrics Logs").

Names, units and order are Heroku's. Left out is what has no counterpart here: `max-iops` and `iops-percentage-used`,
`tmp-disk-used` and `tmp-disk-available`, `wal-percentage-used`. The load is this machine's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.services.postgres import superuser
from localku.services.postgres.plans import GIGABYTE
from localku.services.postgres.statistics.metrics_sql import METRICS

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.records import Addon
    from localku.services.postgres.plans import Plan

PROC = "heroku-postgres"
EVERY = 60.0
"""Seconds between two lines; Heroku's come about once a minute."""

KILOBYTE = 1024

_PARTS = re.compile(r"(\w+) (\d+)")
_READS = re.compile(r"\brios=(\d+)|\bRead (\d+)")
_WRITES = re.compile(r"\bwios=(\d+)|\bWrite (\d+)")


@dataclass(frozen=True)
class Memory:
    """Of the server's container, in bytes: `cached` are files, `postgres` what its processes have and share."""

    total: int
    used: int
    cached: int
    postgres: int


@dataclass(frozen=True)
class Metrics:
    """`size` in bytes, rates of cache hits from 0 to 1; `reads` and `writes` of disks since the container's start."""

    transaction: int
    size: int
    tables: int
    connections: int
    waiting: int
    index_hits: float
    table_hits: float
    load: tuple[str, ...]
    memory: Memory
    reads: int
    writes: int


def measure(engine: Engine, container: str, addon: Addon, plan: Plan) -> Metrics:
    """Ask a running server."""
    said = superuser.query(engine, container, addon.database, addon.role, METRICS).split("|")
    transaction, size, tables, connections, waiting = (int(number) for number in said[:5])
    index_hits, table_hits = (float(number) for number in said[5:7])
    load, limit, used, parts, disks = said[7:]
    return Metrics(
        transaction,
        size,
        tables,
        connections,
        waiting,
        index_hits,
        table_hits,
        load=tuple(load.split()[:3]),
        memory=_memory(limit, used, parts, plan),
        reads=_count(_READS, disks),
        writes=_count(_WRITES, disks),
    )


def line(name: str, addon: str, plan: Plan, now: Metrics, before: Metrics, seconds: float) -> str:
    """The line of an attachment's name and an add-on's; `before` was measured so many seconds ago."""
    memory = now.memory
    free = max(memory.total - memory.used, 0)
    samples = {
        "current_transaction": str(now.transaction),
        "db_size": f"{now.size}bytes",
        "db-size-percentage-used": _share(now.size, plan.size * GIGABYTE),
        "tables": str(now.tables),
        "active-connections": str(now.connections),
        "waiting-connections": str(now.waiting),
        "max-connections": str(plan.connections),
        "connections-percentage-used": _share(now.connections, plan.connections),
        "index-cache-hit-rate": f"{now.index_hits:.5g}",
        "table-cache-hit-rate": f"{now.table_hits:.5g}",
        **dict(zip(("load-avg-1m", "load-avg-5m", "load-avg-15m"), now.load, strict=False)),
        "read-iops": _rate(now.reads - before.reads, seconds),
        "write-iops": _rate(now.writes - before.writes, seconds),
        "memory-total": f"{memory.total // KILOBYTE}kB",
        "memory-free": f"{free // KILOBYTE}kB",
        "memory-percentage-used": _share(memory.total - free, memory.total),
        "memory-cached": f"{memory.cached // KILOBYTE}kB",
        "memory-postgres": f"{memory.postgres // KILOBYTE}kB",
    }
    told = " ".join(f"sample#{key}={value}" for key, value in samples.items())
    return f"source={name} addon={addon} {told}"


def _memory(limit: str, used: str, parts: str, plan: Plan) -> Memory:
    found = {key: int(number) for key, number in _PARTS.findall(parts)}
    shared = found.get("shmem", found.get("total_shmem", 0))
    cached = found.get("file", found.get("total_cache", 0))
    own = found.get("anon", found.get("total_rss", 0))
    total = min(int(limit), plan.most_memory) if limit.strip().isdecimal() else plan.most_memory
    return Memory(total, int(used) if used.strip() else own + cached, max(cached - shared, 0), own + shared)


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(int(number) for found in pattern.findall(text) for number in found if number)


def _share(part: int, whole: int) -> str:
    return f"{round(part / whole, 5):g}"


def _rate(number: int, seconds: float) -> str:
    return f"{max(number, 0) / seconds:.5g}"
