"""The tables, and the steps from one version of them to the next."""

from __future__ import annotations

from localku.store.addons.attachments_migration import attachments, engine_names
from localku.store.changes_table import CHANGES
from localku.store.database import Step
from localku.store.observations_table import OBSERVATIONS
from localku.store.transcript_migration import transcripts
from localku.store.transfers.transfers_table import TRANSFERS
from localku.store.uuid_migration import TABLES, footprints, identify

MIGRATIONS: tuple[Step, ...] = (
    """
    CREATE TABLE apps (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        root TEXT UNIQUE,
        stack TEXT,
        uid INTEGER NOT NULL,
        wanted TEXT NOT NULL DEFAULT 'down',
        port INTEGER,
        env_file TEXT NOT NULL DEFAULT '',
        created_at TEXT NOT NULL
    );
    CREATE TABLE config_vars (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (app_id, name)
    );
    CREATE TABLE buildpacks (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        reference TEXT NOT NULL,
        PRIMARY KEY (app_id, ordinal)
    );
    CREATE TABLE formation (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        type TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        size TEXT NOT NULL,
        PRIMARY KEY (app_id, type)
    );
    CREATE TABLE slugs (
        id INTEGER PRIMARY KEY,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        fingerprint TEXT NOT NULL,
        image TEXT NOT NULL,
        layer TEXT NOT NULL,
        process_types TEXT NOT NULL,
        buildpacks TEXT NOT NULL,
        stack TEXT NOT NULL,
        size INTEGER NOT NULL,
        commit_id TEXT,
        created_at TEXT NOT NULL
    );
    CREATE TABLE layers (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        fingerprint TEXT NOT NULL,
        image TEXT NOT NULL,
        size INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (app_id, fingerprint)
    );
    CREATE TABLE releases (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        version INTEGER NOT NULL,
        slug_id INTEGER REFERENCES slugs(id),
        config TEXT NOT NULL,
        description TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (app_id, version)
    );
    CREATE TABLE addons (
        id INTEGER PRIMARY KEY,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        name TEXT NOT NULL UNIQUE,
        plan TEXT NOT NULL,
        config_var TEXT NOT NULL,
        role TEXT NOT NULL,
        password TEXT NOT NULL,
        database_name TEXT NOT NULL,
        host TEXT NOT NULL,
        port INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        UNIQUE (app_id, config_var)
    );
    CREATE TABLE dynos (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        type TEXT NOT NULL,
        state TEXT NOT NULL,
        release INTEGER NOT NULL,
        size TEXT NOT NULL,
        command TEXT NOT NULL,
        container TEXT,
        host TEXT,
        port INTEGER,
        since TEXT NOT NULL,
        exit_status INTEGER,
        crashes INTEGER NOT NULL DEFAULT 0,
        retry_at TEXT,
        generation INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (app_id, name)
    );
    CREATE TABLE restarts (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        dyno TEXT NOT NULL,
        generation INTEGER NOT NULL,
        PRIMARY KEY (app_id, dyno)
    );
    """,
    """
    ALTER TABLE apps ADD COLUMN maintenance INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE apps ADD COLUMN domain_suffix TEXT NOT NULL DEFAULT '';
    UPDATE apps SET domain_suffix = lower(hex(randomblob(6)));
    CREATE TABLE features (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        enabled_at TEXT NOT NULL,
        PRIMARY KEY (app_id, name)
    );
    CREATE TABLE domains (
        hostname TEXT PRIMARY KEY,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        target TEXT NOT NULL,
        created_at TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE observations (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        dyno TEXT NOT NULL,
        kind TEXT NOT NULL,
        release INTEGER NOT NULL,
        data TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (app_id, dyno, kind)
    );
    """,
    """
    CREATE TABLE drains (
        id TEXT PRIMARY KEY,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        url TEXT NOT NULL,
        token TEXT NOT NULL UNIQUE,
        created_at TEXT NOT NULL,
        UNIQUE (app_id, url)
    );
    """,
    """
    ALTER TABLE releases ADD COLUMN addons TEXT;
    ALTER TABLE apps ADD COLUMN postdeploy TEXT;
    """,
    """
    CREATE TABLE oneoffs (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        release INTEGER NOT NULL,
        size TEXT NOT NULL,
        command TEXT NOT NULL,
        container TEXT NOT NULL,
        detached INTEGER NOT NULL,
        wanted TEXT NOT NULL DEFAULT 'up',
        since TEXT NOT NULL,
        PRIMARY KEY (app_id, name)
    );
    """,
    """
    CREATE TABLE chaos (
        app_id INTEGER PRIMARY KEY REFERENCES apps(id) ON DELETE CASCADE,
        rate REAL NOT NULL,
        seed INTEGER NOT NULL,
        kinds TEXT NOT NULL,
        since TEXT NOT NULL
    );
    """,
    """
    ALTER TABLE slugs ADD COLUMN cron TEXT NOT NULL DEFAULT '[]';
    CREATE TABLE scheduled (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        command TEXT NOT NULL,
        schedule TEXT NOT NULL,
        minute TEXT NOT NULL,
        PRIMARY KEY (app_id, command, schedule)
    );
    """,
    TABLES,
    identify,
    """
    CREATE TABLE builds (
        id TEXT PRIMARY KEY,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        status TEXT NOT NULL,
        source_version TEXT,
        stack TEXT NOT NULL,
        buildpacks TEXT NOT NULL,
        slug_id INTEGER REFERENCES slugs(id),
        release INTEGER,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    );
    """,
    """
    ALTER TABLE releases ADD COLUMN actor TEXT NOT NULL DEFAULT 'localku';
    """,
    """
    CREATE TABLE folders (
        root TEXT PRIMARY KEY,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        footprint TEXT,
        used_at TEXT NOT NULL
    );
    INSERT INTO folders SELECT root, id, NULL, created_at FROM apps WHERE root IS NOT NULL;
    """,
    footprints,
    "ALTER TABLE builds ADD COLUMN failure TEXT;",
    transcripts,
    CHANGES,
    "ALTER TABLE apps ADD COLUMN cycle_every REAL;",
    attachments,
    TRANSFERS,
    engine_names,
    OBSERVATIONS,
)
