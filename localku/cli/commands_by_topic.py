"""All commands: what they are for, and where each one is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A command is `function` in `localku.cli.commands.MODULE`; `text` is its line of help."""

    module: str
    function: str
    text: str


TOPICS: dict[str, dict[str, Entry]] = {
    "Run an app": {
        "up": Entry("running.up_commands", "up", "Build, provision, release and run the app in this folder"),
        "down": Entry("running.up_commands", "down", "Stop the app's dynos and its database; all data stays"),
        "open": Entry("apps.apps_commands", "open_app", "Open the app in a browser"),
        "build": Entry("apps.build_commands", "build", "Build the app and release it, without running it"),
        "run": Entry("running.run_commands", "run", "Run a command in a one-off dyno"),
        "run:detached": Entry(
            "running.run_commands",
            "run_detached",
            "Run a command in a detached one-off dyno; its output goes to the log",
        ),
        "reset-fs": Entry(
            "running.reset_fs_commands", "reset_fs", "Show what dynos wrote and would lose, then start them afresh"
        ),
        "doctor": Entry(
            "running.doctor_commands",
            "doctor",
            "Check what localku needs and what is wrong with the app; --fix installs what is missing",
        ),
    },
    "On this machine, without an engine": {
        "local": Entry(
            "running.local_commands", "local", "Run the Procfile's processes on this machine, without an engine"
        ),
        "local:run": Entry(
            "running.local_commands", "local_run", "Run a command on this machine with the variables of .env"
        ),
    },
    "Dynos": {
        "ps": Entry("running.ps_commands", "ps", "List the app's dynos"),
        "ps:scale": Entry(
            "running.formation_commands", "ps_scale", "Scale process types: how many dynos, of which size"
        ),
        "ps:type": Entry("running.formation_commands", "ps_type", "Change dyno sizes"),
        "ps:restart": Entry("running.restart_commands", "ps_restart", "Restart dynos"),
        "ps:stop": Entry("running.restart_commands", "ps_stop", "Stop a dyno, or all dynos of a process type"),
        "ps:wait": Entry("running.ps_commands", "ps_wait", "Wait until all dynos run the newest release"),
        "chaos": Entry("running.chaos_commands", "chaos", "Show whether faults are injected into the app"),
        "chaos:on": Entry(
            "running.chaos_commands",
            "chaos_on",
            "Inject faults at random: restarts, killed processes, slow dynos, dropped connections",
        ),
        "chaos:off": Entry("running.chaos_commands", "chaos_off", "Stop injecting faults"),
    },
    "Server": {
        "server": Entry("running.server_commands", "server", "Run the server, which looks after all apps"),
        "server:status": Entry(
            "running.server_commands", "server_status", "Show the server's processes, apps, environment and versions"
        ),
        "server:stop": Entry("running.server_commands", "server_stop", "Stop the dynos of all apps, and the server"),
        "server:restart": Entry("running.server_commands", "server_restart", "Restart the server; dynos run on"),
        "server:logs": Entry("running.server_commands", "server_logs", "Show the server's own log"),
    },
    "Heroku's own tools": {
        "heroku": Entry("clients.heroku_commands", "heroku", "Run Heroku's own CLI against localku"),
        "env": Entry(
            "clients.heroku_commands", "env", "Make `heroku` and `git push heroku` mean localku in this shell"
        ),
    },
    "Logs": {
        "logs": Entry("running.logs_commands", "logs", "Show the app's log"),
        "drains": Entry("running.drains_commands", "drains", "List the app's log drains"),
        "drains:add": Entry("running.drains_commands", "drains_add", "Add a log drain"),
        "drains:remove": Entry("running.drains_commands", "drains_remove", "Remove a log drain"),
    },
    "Config and releases": {
        "config": Entry("apps.config_commands", "config", "List the app's config vars"),
        "config:get": Entry("apps.config_commands", "config_get", "Show one config var"),
        "config:set": Entry(
            "apps.config_commands", "config_set", "Set config vars, creating a release and restarting dynos"
        ),
        "config:edit": Entry("apps.config_commands", "config_edit", "Edit config vars in your editor"),
        "config:unset": Entry(
            "apps.config_commands", "config_unset", "Unset config vars, creating a release and restarting dynos"
        ),
        "builds": Entry("apps.builds_commands", "builds", "List the app's builds"),
        "builds:info": Entry("apps.builds_commands", "builds_info", "Show one build"),
        "builds:output": Entry(
            "apps.builds_commands", "builds_output", "Show a build's output, and follow it while it runs"
        ),
        "releases": Entry("apps.releases_commands", "releases", "List the app's releases"),
        "releases:info": Entry("apps.releases_commands", "releases_info", "Show one release and its config vars"),
        "releases:output": Entry("apps.releases_commands", "releases_output", "Show a release command's output"),
        "releases:retry": Entry(
            "apps.releases_commands", "releases_retry", "Release the newest release again, with its release command"
        ),
        "rollback": Entry(
            "apps.releases_commands", "rollback", "Roll back to an earlier release: its code and its config vars"
        ),
        "releases:rollback": Entry(
            "apps.releases_commands", "rollback", "Roll back to an earlier release: its code and its config vars"
        ),
    },
    "Router": {
        "domains": Entry("apps.domains_commands", "domains", "List the app's domains"),
        "domains:add": Entry("apps.domains_commands", "domains_add", "Add a custom domain to the app"),
        "domains:info": Entry(
            "apps.domains_commands", "domains_info", "Show a domain and how to reach it from this machine"
        ),
        "domains:remove": Entry("apps.domains_commands", "domains_remove", "Remove a custom domain"),
        "domains:wait": Entry("apps.domains_commands", "domains_wait", "Wait until domains are served"),
        "domains:clear": Entry("apps.domains_commands", "domains_clear", "Remove all custom domains"),
        "maintenance": Entry("apps.maintenance_commands", "maintenance", "Show whether the app is in maintenance mode"),
        "maintenance:on": Entry(
            "apps.maintenance_commands",
            "maintenance_on",
            "Turn on maintenance mode: 503 for every request; dynos keep running",
        ),
        "maintenance:off": Entry("apps.maintenance_commands", "maintenance_off", "Turn off maintenance mode"),
    },
    "Add-ons": {
        "addons": Entry("apps.addons_commands", "addons", "List the app's add-ons"),
        "addons:create": Entry("apps.addons_commands", "addons_create", "Provision heroku-postgresql"),
        "addons:destroy": Entry("apps.addons_commands", "addons_destroy", "Remove an add-on and its data"),
        "addons:attach": Entry("apps.attachment_commands", "addons_attach", "Attach an add-on to the app"),
        "addons:detach": Entry("apps.attachment_commands", "addons_detach", "Detach an add-on from the app"),
        "addons:info": Entry("apps.attachment_commands", "addons_info", "Show one add-on"),
        "addons:plans": Entry("apps.attachment_commands", "addons_plans", "List the plans of a service"),
        "addons:services": Entry("apps.attachment_commands", "addons_services", "List the services"),
        "addons:rename": Entry("apps.attachment_commands", "addons_rename", "Rename an add-on"),
        "addons:wait": Entry("apps.attachment_commands", "addons_wait", "Wait until add-ons answer"),
    },
    "Heroku Postgres": {
        "pg:info": Entry("data.info_commands", "pg_info", "Show the app's databases"),
        "pg:psql": Entry("data.psql_commands", "pg_psql", "Open psql on a database of the app"),
        "pg:reset": Entry("data.reset_commands", "pg_reset", "Delete all data in a database"),
        "pg:wait": Entry("data.info_commands", "pg_wait", "Wait until the app's databases accept connections"),
        "pg:credentials": Entry("data.info_commands", "pg_credentials", "List the credentials of a database"),
        "pg:credentials:rotate": Entry(
            "data.rotate_commands", "pg_credentials_rotate", "Give a database another password"
        ),
        "pg:credentials:url": Entry(
            "data.info_commands", "pg_credentials_url", "Show how a client connects to a database"
        ),
        "pg:postgis": Entry("data.postgis_commands", "pg_postgis", "Give a database a server with PostGIS"),
        "pg:promote": Entry("apps.attachment_commands", "pg_promote", "Make a database the app's DATABASE_URL"),
        "pg:quota": Entry("data.info_commands", "pg_quota", "Show how a database stands to the quotas of its plan"),
        "pg:diagnose": Entry("data.diagnose_commands", "pg_diagnose", "Look for what may be wrong with a database"),
        "pg:ps": Entry("data.statistics_commands", "pg_ps", "Show the queries that run"),
        "pg:kill": Entry("data.statistics_commands", "pg_kill", "Cancel the query of a connection"),
        "pg:killall": Entry("data.reset_commands", "pg_killall", "End all connections to a database"),
        "pg:bloat": Entry(
            "data.statistics_commands", "pg_bloat", "Show an estimate of the space that dead rows take up"
        ),
        "pg:blocking": Entry("data.statistics_commands", "pg_blocking", "Show the queries that wait for others"),
        "pg:cache-hit": Entry(
            "data.statistics_commands", "pg_cache_hit", "Show how much of what was read was in memory already"
        ),
        "pg:calls": Entry("data.statistics_commands", "pg_calls", "Show the statements that were called most often"),
        "pg:extensions": Entry("data.statistics_commands", "pg_extensions", "List the extensions that may be created"),
        "pg:index-size": Entry("data.statistics_commands", "pg_index_size", "Show the size of each index"),
        "pg:index-usage": Entry("data.statistics_commands", "pg_index_usage", "Show how often indexes are used"),
        "pg:locks": Entry(
            "data.statistics_commands", "pg_locks", "Show the queries that hold or want an exclusive lock"
        ),
        "pg:long-running-queries": Entry(
            "data.statistics_commands",
            "pg_long_running_queries",
            "Show the queries that have run for more than five minutes",
        ),
        "pg:mandelbrot": Entry("data.statistics_commands", "pg_mandelbrot", "Show the Mandelbrot set"),
        "pg:outliers": Entry("data.statistics_commands", "pg_outliers", "Show the statements that took the most time"),
        "pg:records-rank": Entry(
            "data.statistics_commands", "pg_records_rank", "Show the estimated number of rows of each table"
        ),
        "pg:seq-scans": Entry(
            "data.statistics_commands", "pg_seq_scans", "Show how often each table was read from beginning to end"
        ),
        "pg:table-indexes-size": Entry(
            "data.statistics_commands", "pg_table_indexes_size", "Show the size of all indexes of each table"
        ),
        "pg:table-size": Entry(
            "data.statistics_commands", "pg_table_size", "Show the size of each table without its indexes"
        ),
        "pg:total-index-size": Entry(
            "data.statistics_commands", "pg_total_index_size", "Show the size of all indexes together"
        ),
        "pg:total-table-size": Entry(
            "data.statistics_commands", "pg_total_table_size", "Show the size of each table with its indexes"
        ),
        "pg:unused-indexes": Entry(
            "data.statistics_commands", "pg_unused_indexes", "Show the indexes that are hardly used"
        ),
        "pg:user-connections": Entry(
            "data.statistics_commands", "pg_user_connections", "Show how many connections each credential has"
        ),
        "pg:vacuum-stats": Entry(
            "data.statistics_commands", "pg_vacuum_stats", "Show dead rows, and when each table was last vacuumed"
        ),
    },
    "Backups": {
        "pg:backups": Entry("backups.backup_commands", "pg_backups", "List the app's backups, restores and copies"),
        "pg:backups:capture": Entry("backups.backup_commands", "pg_backups_capture", "Back up a database"),
        "pg:backups:restore": Entry("backups.restore_commands", "pg_backups_restore", "Restore a backup to a database"),
        "pg:backups:url": Entry("backups.restore_commands", "pg_backups_url", "Show a link that fetches a backup"),
        "pg:backups:info": Entry("backups.backup_commands", "pg_backups_info", "Show one backup"),
        "pg:backups:download": Entry("backups.backup_commands", "pg_backups_download", "Copy a backup into a file"),
        "pg:backups:schedule": Entry("backups.schedule_commands", "pg_backups_schedule", "Back up a database daily"),
        "pg:backups:schedules": Entry("backups.schedule_commands", "pg_backups_schedules", "List the daily backups"),
        "pg:backups:unschedule": Entry("backups.schedule_commands", "pg_backups_unschedule", "Stop daily backups"),
        "pg:backups:cancel": Entry(
            "backups.backup_commands", "pg_backups_cancel", "Cancel a backup, restore or copy that is being made"
        ),
        "pg:backups:delete": Entry("backups.backup_commands", "pg_backups_delete", "Delete a backup"),
        "pg:copy": Entry("backups.copy_commands", "pg_copy", "Copy a database into another"),
        "pg:push": Entry("backups.copy_commands", "pg_push", "Push a database on this machine into the app's"),
        "pg:pull": Entry("backups.copy_commands", "pg_pull", "Pull the app's database into one on this machine"),
    },
    "This machine": {
        "auth:whoami": Entry("clients.account_commands", "auth_whoami", "Show the account of this machine"),
        "auth:token": Entry("clients.account_commands", "auth_token", "Print the token of the API"),
        "git:remote": Entry("clients.repository_commands", "git_remote", "Make a git remote the app's, to push to"),
        "git:clone": Entry("clients.repository_commands", "git_clone", "Clone what was pushed to an app"),
        "regions": Entry("clients.account_commands", "regions", "List the regions"),
        "completion": Entry(
            "clients.completion_commands", "completion", "Complete commands, options and names in bash, zsh or fish"
        ),
    },
    "Apps": {
        "apps": Entry("apps.apps_commands", "apps", "List the apps on this machine"),
        "apps:info": Entry(
            "apps.app_identity_commands", "apps_info", "Show an app's add-ons, dynos, folders and address"
        ),
        "apps:create": Entry("apps.create_commands", "create", "Create an app for this folder before its first deploy"),
        "create": Entry("apps.create_commands", "create", "Create an app for this folder before its first deploy"),
        "apps:rename": Entry("apps.app_identity_commands", "apps_rename", "Rename an app; its dynos and data stay"),
        "apps:attach": Entry("apps.app_identity_commands", "apps_attach", "Attach this folder to an existing app"),
        "apps:destroy": Entry("apps.apps_commands", "apps_destroy", "Remove an app, its images and its data"),
        "buildpacks": Entry("apps.buildpacks_commands", "buildpacks", "List the buildpacks set on the app"),
        "buildpacks:set": Entry("apps.buildpacks_commands", "buildpacks_set", "Set the app's buildpacks, in order"),
        "buildpacks:add": Entry("apps.buildpacks_commands", "buildpacks_add", "Add a buildpack to the end of the list"),
        "buildpacks:remove": Entry("apps.buildpacks_commands", "buildpacks_remove", "Remove a buildpack from the list"),
        "buildpacks:clear": Entry(
            "apps.buildpacks_commands",
            "buildpacks_clear",
            "Unset the buildpacks; app.json, .buildpacks or detection decide",
        ),
        "stack": Entry("apps.stack_commands", "stack", "List the stacks and show which one the app uses"),
        "stack:set": Entry("apps.stack_commands", "stack_set", "Set the app's stack"),
        "features": Entry("apps.labs_commands", "features", "List the general features an app can enable"),
        "features:info": Entry("apps.labs_commands", "labs_info", "Show one feature"),
        "features:enable": Entry("apps.labs_commands", "features_enable", "Enable a feature"),
        "features:disable": Entry("apps.labs_commands", "features_disable", "Disable a feature"),
        "labs": Entry("apps.labs_commands", "labs", "List the experimental features an app can enable"),
        "labs:info": Entry("apps.labs_commands", "labs_info", "Show one feature"),
        "labs:enable": Entry("apps.labs_commands", "labs_enable", "Enable an experimental feature"),
        "labs:disable": Entry("apps.labs_commands", "labs_disable", "Disable an experimental feature"),
    },
}
"""The sections of `localku --help`, in its order."""

COMMANDS = {name: entry for topic in TOPICS.values() for name, entry in topic.items()}

HIDDEN = {
    "git:connect": Entry("clients.git_commands", "git_connect", "What git reaches an app's repository through"),
    "pg:tool": Entry("clients.tool_commands", "pg_tool", "What stands in for psql where this machine has none"),
    "git:receive": Entry("clients.git_commands", "git_receive", "What git runs for a push: it deploys"),
}
"""What only programs of ours run."""
