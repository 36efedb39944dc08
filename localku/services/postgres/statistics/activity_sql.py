"""What goes on in a database right now."""

from __future__ import annotations

PS = """
SELECT a.pid, a.state, a.application_name AS source, a.usename AS username,
       now() - a.query_start AS running_for, a.xact_start AS transaction_start,
       a.wait_event IS NOT NULL AS waiting, a.query
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.usename = current_user
      AND (:verbose OR a.state <> 'idle')
ORDER BY a.query_start DESC;
"""

LOCKS = r"""
SELECT a.pid, c.relname, l.transactionid, l.granted,
       CASE WHEN :truncate AND length(a.query) > 40
            THEN left(regexp_replace(a.query, '\s+', ' ', 'g'), 39) || '…' ELSE a.query END AS query_snippet,
       age(now(), a.query_start) AS age
FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid LEFT JOIN pg_class c ON c.oid = l.relation
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND l.mode = 'ExclusiveLock'
ORDER BY a.query_start;
"""

BLOCKING = """
SELECT waiting.pid AS blocked_pid, waiting.query AS blocked_statement, now() - waiting.query_start AS blocked_duration,
       holder.pid AS blocking_pid, holder.query AS blocking_statement, now() - holder.query_start AS blocking_duration
FROM pg_stat_activity waiting
CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS found (pid)
JOIN pg_stat_activity holder ON holder.pid = found.pid
WHERE waiting.datname = current_database()
ORDER BY waiting.query_start;
"""

LONG_RUNNING_QUERIES = """
SELECT pid, now() - query_start AS duration, query
FROM pg_stat_activity
WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()
      AND now() - query_start > interval '5 minutes'
ORDER BY query_start;
"""

USER_CONNECTIONS = """
SELECT usename AS credential, count(*) AS connections
FROM pg_stat_activity
WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()
GROUP BY usename
ORDER BY connections DESC;
"""

CANCEL = """
SELECT pg_cancel_backend(:pid);
"""

TERMINATE = """
SELECT pg_terminate_backend(:pid);
"""
