"""How the tables and indexes of a database are used."""

from __future__ import annotations

CACHE_HIT = """
SELECT 'index hit rate' AS name, sum(idx_blks_hit) / nullif(sum(idx_blks_hit + idx_blks_read), 0) AS ratio
FROM pg_statio_user_indexes
UNION ALL
SELECT 'table hit rate', sum(heap_blks_hit) / nullif(sum(heap_blks_hit) + sum(heap_blks_read), 0)
FROM pg_statio_user_tables;
"""

INDEX_USAGE = """
SELECT relname,
       CASE WHEN coalesce(idx_scan, 0) + seq_scan = 0 THEN 'Insufficient data'
            ELSE (100 * coalesce(idx_scan, 0) / (coalesce(idx_scan, 0) + seq_scan))::text
       END AS percent_of_times_index_used,
       n_live_tup AS rows_in_table
FROM pg_stat_user_tables
ORDER BY n_live_tup DESC, relname;
"""

UNUSED_INDEXES = """
SELECT u.schemaname || '.' || u.relname AS "table", u.indexrelname AS index,
       pg_size_pretty(pg_relation_size(u.indexrelid)) AS index_size, u.idx_scan AS index_scans
FROM pg_stat_user_indexes u JOIN pg_index i ON i.indexrelid = u.indexrelid
WHERE NOT i.indisunique AND u.idx_scan < 50 AND pg_relation_size(u.relid) > 5 * current_setting('block_size')::bigint
ORDER BY pg_relation_size(u.indexrelid) / (u.idx_scan + 1) DESC;
"""

SEQ_SCANS = """
SELECT relname AS name, seq_scan AS count
FROM pg_stat_user_tables
ORDER BY seq_scan DESC, relname;
"""

RECORDS_RANK = """
SELECT relname AS name, n_live_tup AS estimated_count
FROM pg_stat_user_tables
ORDER BY n_live_tup DESC, relname;
"""

VACUUM_STATS = """
WITH limits AS (
    SELECT s.*, c.reltuples,
           coalesce((SELECT substring(o FROM 29)::float8 FROM unnest(c.reloptions) AS o
                     WHERE o LIKE 'autovacuum_vacuum_threshold=%'),
                    current_setting('autovacuum_vacuum_threshold')::float8)
           + coalesce((SELECT substring(o FROM 32)::float8 FROM unnest(c.reloptions) AS o
                       WHERE o LIKE 'autovacuum_vacuum_scale_factor=%'),
                      current_setting('autovacuum_vacuum_scale_factor')::float8) * greatest(c.reltuples, 0) AS threshold
    FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
)
SELECT schemaname AS schema, relname AS "table",
       to_char(last_vacuum, 'YYYY-MM-DD HH24:MI') AS last_vacuum,
       to_char(last_autovacuum, 'YYYY-MM-DD HH24:MI') AS last_autovacuum,
       to_char(greatest(reltuples, 0), '9G999G999G999') AS rowcount,
       to_char(n_dead_tup, '9G999G999G999') AS dead_rowcount,
       to_char(threshold, '9G999G999G999') AS autovacuum_threshold,
       CASE WHEN n_dead_tup > threshold THEN 'yes' END AS expect_autovacuum
FROM limits
ORDER BY n_dead_tup DESC, relname;
"""

EXTENSIONS = """
SELECT e.name, e.default_version, e.installed_version, e.comment
FROM pg_available_extensions e
WHERE e.installed_version IS NOT NULL
      OR e.default_version <> 'absent' AND EXISTS (SELECT 1 FROM pg_available_extension_versions v
                 WHERE v.name = e.name AND v.version = e.default_version AND (v.trusted OR NOT v.superuser))
ORDER BY e.name;
"""
