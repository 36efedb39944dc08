"""Which statements cost most, as pg_stat_statements has counted them: in whatever schema it stands."""

from __future__ import annotations

SCHEMA = """
SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements';
"""

FOUND = r"""
WITH found AS (
    SELECT s.calls, s.total_exec_time * interval '1 millisecond' AS spent,
           s.total_exec_time / nullif(sum(s.total_exec_time) OVER (), 0) AS share,
           (coalesce(j ->> 'shared_blk_read_time', j ->> 'blk_read_time')::float8
            + coalesce(j ->> 'shared_blk_write_time', j ->> 'blk_write_time')::float8)
           * interval '1 millisecond' AS waited,
           CASE WHEN :truncate AND length(s.query) > 40
                THEN left(regexp_replace(s.query, '\s+', ' ', 'g'), 39) || '…' ELSE s.query END AS query
    FROM :schema.pg_stat_statements s CROSS JOIN LATERAL to_jsonb(s) AS j
    WHERE s.userid = (SELECT oid FROM pg_roles WHERE rolname = current_user)
          AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""
"""Begins `OUTLIERS` and `CALLS`."""

OUTLIERS = """
SELECT spent AS total_exec_time, to_char(share * 100, 'FM90D0') || '%' AS prop_exec_time,
       to_char(calls, 'FM999G999G999G990') AS ncalls, waited AS sync_io_time, query
FROM found ORDER BY spent DESC LIMIT :number;
"""

CALLS = """
SELECT spent AS exec_time, to_char(share * 100, 'FM90D0') || '%' AS prop_exec_time,
       to_char(calls, 'FM999G999G990') AS ncalls, waited AS sync_io_time, query
FROM found ORDER BY calls DESC LIMIT :number;
"""

LET_RESET = """
SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', p.oid::regprocedure, :'role')
FROM pg_extension e JOIN pg_depend d ON d.refobjid = e.oid AND d.deptype = 'e' JOIN pg_proc p ON p.oid = d.objid
WHERE d.refclassid = 'pg_extension'::regclass AND d.classid = 'pg_proc'::regclass
      AND e.extname = 'pg_stat_statements' AND p.proname = 'pg_stat_statements_reset';
\\gexec
"""
"""As the superuser, where the extension is of before its makers had the right; nothing of the app's is called."""

RESET = "SELECT :schema.pg_stat_statements_reset();"
