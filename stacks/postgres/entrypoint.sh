#!/bin/bash
# The first process of a database's container: make the database when its volume is empty, then be the server.
#
# LOCALKU_ROLE, LOCALKU_PASSWORD, LOCALKU_DATABASE and LOCALKU_CONNECTION_LIMIT say what to make; each may come
# as NAME_FILE, a file that holds it. Only TLS connections with a password are let in over the network; the
# superuser `postgres` exists for `docker exec -u postgres` alone.
set -euo pipefail

home=/var/lib/localku-postgres
data=$home/data
for programs in /usr/lib/postgresql/*/bin; do PATH=$programs:$PATH; done
export PATH LC_ALL=en_US.UTF-8 TZ=UTC

if [ "$(id -u)" -eq 0 ]; then
  install -d -o postgres -g postgres -m 0700 "$home"
  install -d -o postgres -g postgres -m 0755 /var/run/postgresql
  exec setpriv --reuid postgres --regid postgres --init-groups "$0"
fi

value() {
  local file_name=$1_FILE
  if [ -n "${!file_name:-}" ]; then export "$1=$(<"${!file_name}")"; fi
  if [ -z "${!1:-}" ]; then echo "localku-postgres: $1 is not set" >&2; exit 64; fi
}

make_database() {
  value LOCALKU_ROLE
  value LOCALKU_PASSWORD
  value LOCALKU_DATABASE
  export LOCALKU_CONNECTION_LIMIT=${LOCALKU_CONNECTION_LIMIT:-20}
  # Whatever a kill left half made is thrown away: only a whole one gets the final name.
  rm -rf "$home/new"
  initdb --pgdata "$home/new" --username postgres --encoding UTF8 --locale en_US.UTF-8 \
    --auth-local peer --auth-host scram-sha-256 --no-sync --no-instructions >/dev/null
  printf '%s\n' 'local all postgres peer' 'hostssl all all all scram-sha-256' >"$home/new/pg_hba.conf"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=localku-postgres \
    -keyout "$home/new/server.key" -out "$home/new/server.crt" 2>/dev/null
  chmod 0600 "$home/new/server.key"

  pg_ctl --pgdata "$home/new" --silent --wait start --options \
    "-c listen_addresses= -c fsync=off -c log_min_messages=fatal"
  psql --quiet --no-psqlrc --username postgres --dbname postgres --set ON_ERROR_STOP=1 <<'SQL'
\getenv role LOCALKU_ROLE
\getenv password LOCALKU_PASSWORD
\getenv database LOCALKU_DATABASE
\getenv connections LOCALKU_CONNECTION_LIMIT
CREATE ROLE :"role" LOGIN PASSWORD :'password' CONNECTION LIMIT :connections;
CREATE DATABASE :"database" OWNER :"role";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
\connect :"database"
CREATE SCHEMA heroku_ext AUTHORIZATION :"role";
SQL
  pg_ctl --pgdata "$home/new" --silent --wait --mode fast stop
  sync --file-system "$home/new"
  mv "$home/new" "$data"
}

if [ ! -d "$data" ]; then make_database; fi
unset LOCALKU_PASSWORD

# What Heroku's databases log from the standard plans on (blog.heroku.com/postgres-configuration-credentials-ci).
logged=()
if [ -n "${LOCALKU_LOG_STATEMENTS:-}" ]; then
  logged=(-c log_statement=ddl -c log_min_duration_statement=2000 -c log_lock_waits=on)
fi

# What pg:extensions of Heroku's own CLI asks for, of the small plans and of the others.
allowed=$(</usr/local/share/localku-extensions)

# Of a server that was killed: the number it had may be another process's now. Nobody else has this volume.
rm -f "$data/postmaster.pid" /var/run/postgresql/.s.PGSQL.5432.lock

# Connections beyond the role's own are for the superuser. /dev/shm is small in a container: System V memory is not.
exec postgres -D "$data" \
  -c listen_addresses='*' \
  -c ssl=on -c ssl_min_protocol_version=TLSv1.2 \
  -c max_connections=$((${LOCALKU_CONNECTION_LIMIT:-20} + 20)) \
  -c dynamic_shared_memory_type=sysv \
  -c shared_preload_libraries=pg_stat_statements \
  -c rds.allowed_extensions="$allowed" -c extwlist.extensions="$allowed" \
  -c timezone=UTC -c log_timezone=UTC \
  -c log_line_prefix='%m [%p] [%l]  sql_error_code = %e ' "${logged[@]}"
