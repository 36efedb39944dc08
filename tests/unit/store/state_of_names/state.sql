BEGIN TRANSACTION;
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
INSERT INTO "addons" VALUES(1,1,'postgresql-round-12345','essential-0','DATABASE_URL','u1','secret','d1','172.20.0.1',41001,'2024-06-05T11:12:35+00:00');
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
    , maintenance INTEGER NOT NULL DEFAULT 0, domain_suffix TEXT NOT NULL DEFAULT '', postdeploy TEXT);
INSERT INTO "apps" VALUES(1,'shop','/srv/code/shop',NULL,17973,'up',5000,'','2024-06-05T11:12:35+00:00',0,'fe5107e9b9dd',NULL);
INSERT INTO "apps" VALUES(2,'blog','/srv/code/blog',NULL,43418,'down',5000,'','2024-06-05T11:12:35+00:00',0,'ca316e869e42',NULL);
CREATE TABLE buildpacks (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        reference TEXT NOT NULL,
        PRIMARY KEY (app_id, ordinal)
    );
INSERT INTO "buildpacks" VALUES(1,0,'heroku/python');
CREATE TABLE chaos (
        app_id INTEGER PRIMARY KEY REFERENCES apps(id) ON DELETE CASCADE,
        rate REAL NOT NULL,
        seed INTEGER NOT NULL,
        kinds TEXT NOT NULL,
        since TEXT NOT NULL
    );
CREATE TABLE config_vars (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (app_id, name)
    );
INSERT INTO "config_vars" VALUES(1,'GREETING','hello');
INSERT INTO "config_vars" VALUES(1,'DATABASE_URL','postgres://u1:secret@172.20.0.1:41001/d1');
CREATE TABLE domains (
        hostname TEXT PRIMARY KEY,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        target TEXT NOT NULL,
        created_at TEXT NOT NULL
    );
INSERT INTO "domains" VALUES('www.example.com',1,'target.herokudns.com','2024-06-05T11:12:35+00:00');
CREATE TABLE drains (
        id TEXT PRIMARY KEY,
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        url TEXT NOT NULL,
        token TEXT NOT NULL UNIQUE,
        created_at TEXT NOT NULL,
        UNIQUE (app_id, url)
    );
INSERT INTO "drains" VALUES('52d3a4d4-7a0e-4b79-9ac5-d87469577190',1,'https://logs.example.com/in','d.67ede991-a9f2-4554-b074-d30dbbd18ac3','2024-06-05T11:12:35+00:00');
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
CREATE TABLE features (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        enabled_at TEXT NOT NULL,
        PRIMARY KEY (app_id, name)
    );
CREATE TABLE formation (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        type TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        size TEXT NOT NULL,
        PRIMARY KEY (app_id, type)
    );
INSERT INTO "formation" VALUES(1,'web',1,'basic');
INSERT INTO "formation" VALUES(1,'worker',2,'basic');
CREATE TABLE layers (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        fingerprint TEXT NOT NULL,
        image TEXT NOT NULL,
        size INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (app_id, fingerprint)
    );
INSERT INTO "layers" VALUES(1,'l1','localku/shop:deps-l1',5,'2024-06-05T11:12:35+00:00');
CREATE TABLE observations (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        dyno TEXT NOT NULL,
        kind TEXT NOT NULL,
        release INTEGER NOT NULL,
        data TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (app_id, dyno, kind)
    );
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
INSERT INTO "oneoffs" VALUES(1,'run.1234','up',3,'basic','sleep 60','c-run',1,'up','2024-06-05T11:12:35+00:00');
CREATE TABLE releases (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        version INTEGER NOT NULL,
        slug_id INTEGER REFERENCES slugs(id),
        config TEXT NOT NULL,
        description TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at TEXT NOT NULL, addons TEXT,
        PRIMARY KEY (app_id, version)
    );
INSERT INTO "releases" VALUES(1,1,NULL,'{}','Initial release','succeeded','2024-06-05T11:12:35+00:00','{}');
INSERT INTO "releases" VALUES(1,2,NULL,'{}','Enable Logplex','succeeded','2024-06-05T11:12:35+00:00','{}');
INSERT INTO "releases" VALUES(2,1,NULL,'{}','Initial release','succeeded','2024-06-05T11:12:35+00:00','{}');
INSERT INTO "releases" VALUES(2,2,NULL,'{}','Enable Logplex','succeeded','2024-06-05T11:12:35+00:00','{}');
INSERT INTO "releases" VALUES(1,3,1,'{"DATABASE_URL": "postgres://u1:secret@172.20.0.1:41001/d1", "GREETING": "hello"}','Deploy abc','succeeded','2024-06-05T11:12:35+00:00','{"postgresql-round-12345": "essential-0"}');
CREATE TABLE restarts (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        dyno TEXT NOT NULL,
        generation INTEGER NOT NULL,
        PRIMARY KEY (app_id, dyno)
    );
CREATE TABLE scheduled (
        app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
        command TEXT NOT NULL,
        schedule TEXT NOT NULL,
        minute TEXT NOT NULL,
        PRIMARY KEY (app_id, command, schedule)
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
    , cron TEXT NOT NULL DEFAULT '[]');
INSERT INTO "slugs" VALUES(1,1,'f1','localku/shop:v3','l1','{"web": "serve", "worker": "work"}','["heroku/python"]','debian-14',7,'abc','2024-06-05T11:12:35+00:00','[]');
COMMIT;
PRAGMA user_version = 8;
