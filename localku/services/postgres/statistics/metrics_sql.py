"""One row with all that Heroku's metrics of a database are made of; asked as the superuser.

The machine's load and the container's control group are read as files, in the form that either version of control
groups gives them, each in one line, empty where there is none.
"""

from __future__ import annotations

METRICS = r"""
SELECT pg_snapshot_xmax(pg_current_snapshot()),
       pg_database_size(current_database()),
       (SELECT count(*) FROM pg_stat_user_tables),
       (SELECT count(*) FROM pg_stat_activity WHERE usename = :'role'),
       (SELECT count(*) FROM pg_stat_activity WHERE usename = :'role' AND wait_event_type = 'Lock'),
       (SELECT coalesce(sum(idx_blks_hit) / nullif(sum(idx_blks_hit + idx_blks_read), 0), 0)
        FROM pg_statio_user_indexes),
       (SELECT coalesce(sum(heap_blks_hit) / nullif(sum(heap_blks_hit + heap_blks_read), 0), 0)
        FROM pg_statio_user_tables),
       translate(pg_read_file('/proc/loadavg', 0, 1000, true), E'\n|', '  '),
       translate(coalesce(pg_read_file('/sys/fs/cgroup/memory.max', 0, 1000, true),
                          pg_read_file('/sys/fs/cgroup/memory/memory.limit_in_bytes', 0, 1000, true)), E'\n|', '  '),
       translate(coalesce(pg_read_file('/sys/fs/cgroup/memory.current', 0, 1000, true),
                          pg_read_file('/sys/fs/cgroup/memory/memory.usage_in_bytes', 0, 1000, true)), E'\n|', '  '),
       translate(coalesce(pg_read_file('/sys/fs/cgroup/memory.stat', 0, 100000, true),
                          pg_read_file('/sys/fs/cgroup/memory/memory.stat', 0, 100000, true)), E'\n|', '  '),
       translate(coalesce(pg_read_file('/sys/fs/cgroup/io.stat', 0, 100000, true),
                          pg_read_file('/sys/fs/cgroup/blkio/blkio.throttle.io_serviced', 0, 100000, true)),
                 E'\n|', '  ');
"""
