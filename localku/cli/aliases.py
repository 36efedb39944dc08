"""Other names that Heroku's CLI (11.10.0) has for commands of ours: `aliases` and `hiddenAliases` in its manifest."""

from __future__ import annotations

OF_COMMAND: dict[str, tuple[str, ...]] = {
    "addons:create": ("addons:add",),
    "addons:destroy": ("addons:remove",),
    "apps": ("list", "apps:list"),
    "apps:destroy": ("destroy", "apps:delete"),
    "apps:info": ("info",),
    "apps:rename": ("rename",),
    "auth:whoami": ("whoami",),
    "config:set": ("config:add",),
    "config:unset": ("config:remove",),
    "local": ("local:start",),
    "open": ("apps:open",),
    "pg:backups:url": ("pg:backups:public-url",),
    "pg:cache-hit": ("pg:cache_hit",),
    "pg:index-size": ("pg:index_size",),
    "pg:index-usage": ("pg:index_usage",),
    "pg:info": ("pg",),
    "pg:long-running-queries": ("pg:long_running_queries",),
    "pg:psql": ("psql",),
    "pg:records-rank": ("pg:records_rank",),
    "pg:seq-scans": ("pg:seq_scans",),
    "pg:table-indexes-size": ("pg:table_indexes_size",),
    "pg:table-size": ("pg:table_size",),
    "pg:total-index-size": ("pg:total_index_size",),
    "pg:total-table-size": ("pg:total_table_size",),
    "pg:unused-indexes": ("pg:unused_indexes",),
    "pg:user-connections": ("pg:user_connections",),
    "pg:vacuum-stats": ("pg:vacuum_stats",),
    "ps:restart": ("restart", "dyno:restart"),
    "ps:scale": ("scale", "dyno:scale"),
    "ps:stop": ("stop", "kill", "ps:kill", "dyno:stop", "dyno:kill"),
    "stack": ("apps:stacks",),
    "stack:set": ("apps:stacks:set",),
    "ps:type": ("resize", "ps:resize", "dyno:resize", "dyno:type"),
}
"""`rollback` and `create` are commands in the list beside `releases:rollback` and `apps:create`; older versions of the
CLI have `pg:backups:public-url`."""

ALIASES = {alias: name for name, aliases in OF_COMMAND.items() for alias in aliases}
