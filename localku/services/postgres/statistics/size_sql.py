"""How large the tables and indexes of a database are.

Only what the app has made counts: nothing of the catalogs, nothing of `pg_toast` as a row of its own.
"""

from __future__ import annotations

APPS_OWN = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
"""What `:apps_own` stands for."""

TABLE_SIZE = """
SELECT c.relname AS name, pg_size_pretty(pg_table_size(c.oid)) AS size
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND :apps_own
ORDER BY pg_table_size(c.oid) DESC, name;
"""

TOTAL_TABLE_SIZE = """
SELECT c.relname AS name, pg_size_pretty(pg_total_relation_size(c.oid)) AS size
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND :apps_own
ORDER BY pg_total_relation_size(c.oid) DESC, name;
"""

TABLE_INDEXES_SIZE = """
SELECT c.relname AS "table", pg_size_pretty(pg_indexes_size(c.oid)) AS index_size
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND :apps_own
ORDER BY pg_indexes_size(c.oid) DESC, 1;
"""

INDEX_SIZE = """
SELECT c.relname AS name, pg_size_pretty(pg_relation_size(c.oid)) AS size
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'i' AND :apps_own
ORDER BY pg_relation_size(c.oid) DESC, name;
"""

TOTAL_INDEX_SIZE = """
SELECT pg_size_pretty(coalesce(sum(pg_relation_size(c.oid)), 0)) AS size
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'i' AND :apps_own;
"""

FOUND_BLOAT = """
WITH expected AS (
    SELECT c.oid, n.nspname, c.relname,
           c.relpages * current_setting('block_size')::bigint AS bytes,
           CASE WHEN c.reltuples > 0 THEN
               ceil(c.reltuples * (28 + coalesce(sum(s.avg_width * (1 - s.null_frac)), 0))
                    / (current_setting('block_size')::int - 24) * 100
                    / coalesce((SELECT substring(o FROM 12)::int FROM unnest(c.reloptions) AS o
                                WHERE o LIKE 'fillfactor=%'), 100))
               * current_setting('block_size')::int
           END AS needed
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
    WHERE c.relkind IN ('r', 'm') AND :apps_own
    GROUP BY c.oid, n.nspname, c.relname, c.relpages, c.reltuples, c.reloptions
), indexes AS (
    SELECT i.indexrelid AS oid, n.nspname, t.relname || '::' || c.relname AS relname,
           c.relpages * current_setting('block_size')::bigint AS bytes,
           CASE WHEN c.reltuples > 0 AND m.amname = 'btree' THEN
               ceil(c.reltuples * (16 + coalesce(sum(s.avg_width * (1 - s.null_frac)), 8))
                    / ((current_setting('block_size')::int - 40) * 0.9) + 1)
               * current_setting('block_size')::int
           END AS needed
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = c.relam
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (i.indkey)
    LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = t.relname AND s.attname = a.attname
    WHERE :apps_own
    GROUP BY i.indexrelid, n.nspname, t.relname, c.relname, c.relpages, c.reltuples, m.amname
), found AS (
    SELECT 'table' AS type, nspname, relname, bytes, needed FROM expected
    UNION ALL SELECT 'index', nspname, relname, bytes, needed FROM indexes
)
"""
"""An estimate, from the widths of columns that `ANALYZE` has seen: only catalogs are read, no lock is waited for."""

BLOAT = """
SELECT type, nspname AS schemaname, relname AS object_name,
       round((bytes / greatest(needed, 1))::numeric, 1) AS bloat,
       pg_size_pretty(greatest(bytes - needed, 0)::bigint) AS waste
FROM found
WHERE needed IS NOT NULL AND bytes > 0
ORDER BY greatest(bytes - needed, 0) DESC, bloat DESC;
"""
"""After `FOUND_BLOAT`."""
