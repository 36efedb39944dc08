"""What may be wrong with a database: each row begins with how bad it is.

No lock is waited for: who asks may have a table that is locked.
"""

from __future__ import annotations

CONNECTION_COUNT = """
SELECT CASE WHEN count(*) >= 0.9 * :connections THEN 'RED' WHEN count(*) >= 0.75 * :connections THEN 'YELLOW' END,
       count(*)
FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()
HAVING count(*) >= 0.75 * :connections;
"""

LONG_QUERIES = """
SELECT CASE WHEN now() - query_start > interval '10 minutes' THEN 'RED' ELSE 'YELLOW' END,
       pid, date_trunc('second', now() - query_start), left(regexp_replace(query, '\\s+', ' ', 'g'), 60)
FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()
      AND now() - query_start > interval '1 minute'
ORDER BY query_start;
"""

IDLE_IN_TRANSACTION = """
SELECT CASE WHEN now() - state_change > interval '10 minutes' THEN 'RED' ELSE 'YELLOW' END,
       pid, date_trunc('second', now() - state_change), left(regexp_replace(query, '\\s+', ' ', 'g'), 60)
FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND now() - state_change > interval '1 minute'
ORDER BY state_change;
"""

BLOCKING_QUERIES = """
SELECT 'RED', holder.pid, left(regexp_replace(holder.query, '\\s+', ' ', 'g'), 60),
       waiting.pid, left(regexp_replace(waiting.query, '\\s+', ' ', 'g'), 60)
FROM pg_stat_activity waiting
CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS found (pid)
JOIN pg_stat_activity holder ON holder.pid = found.pid
WHERE waiting.datname = current_database()
ORDER BY waiting.query_start;
"""

INDEXES = """
SELECT 'YELLOW', u.schemaname || '.' || u.relname || '::' || u.indexrelname, u.idx_scan,
       pg_size_pretty(c.relpages * current_setting('block_size')::bigint)
FROM pg_stat_user_indexes u JOIN pg_index i ON i.indexrelid = u.indexrelid JOIN pg_class c ON c.oid = u.indexrelid
WHERE NOT i.indisunique AND u.idx_scan = 0 AND c.relpages > 1024 * 1024 / current_setting('block_size')::bigint
ORDER BY c.relpages DESC;
"""

BLOAT = """
SELECT CASE WHEN bytes - needed > 100 * 1024 * 1024 THEN 'RED' ELSE 'YELLOW' END, type, nspname || '.' || relname,
       round((bytes / greatest(needed, 1))::numeric, 1), pg_size_pretty(greatest(bytes - needed, 0)::bigint)
FROM found
WHERE bytes / greatest(needed, 1) >= 10 AND bytes - needed > 1024 * 1024
ORDER BY bytes - needed DESC;
"""

HIT_RATE = """
SELECT CASE WHEN hit / (hit + read) < 0.9 THEN 'RED' ELSE 'YELLOW' END, name, round(hit / (hit + read), 3)
FROM (SELECT 'tables' AS name, sum(heap_blks_hit) AS hit, sum(heap_blks_read) AS read FROM pg_statio_user_tables
      UNION ALL SELECT 'indexes', sum(idx_blks_hit), sum(idx_blks_read) FROM pg_statio_user_indexes) AS rates
WHERE hit + read > 10000 AND hit / (hit + read) < 0.99;
"""

SEQUENCES = """
SELECT CASE WHEN last_value >= 0.9 * most THEN 'RED' ELSE 'YELLOW' END, name, last_value, most
FROM (SELECT s.schemaname || '.' || s.sequencename AS name, s.last_value,
             least(s.max_value, CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
                                ELSE s.max_value END) AS most
      FROM pg_sequences s JOIN pg_namespace n ON n.nspname = s.schemaname
      JOIN pg_class c ON c.relname = s.sequencename AND c.relnamespace = n.oid AND c.relkind = 'S'
      LEFT JOIN pg_depend d ON d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
      LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid) AS found
WHERE last_value >= 0.75 * most
ORDER BY last_value / most::numeric DESC;
"""
