#!/bin/sh
# Inside a container, as root: turn the run image, or the official postgres image, into localku's database server.
# /localku-stack holds this folder, and debs/ and add-packages.sh where there is something to install.
set -eu
cd /localku-stack
if [ -d debs ]; then
  mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  sh add-packages.sh /localku-stack/debs
  rm -f /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem
fi
install -m 0755 entrypoint.sh /usr/local/bin/localku-postgres
# The owner of a database may create what Heroku allows, although these want a superuser upstream.
grep -hv '^#' extensions postgis-extensions | while read -r name; do
  for control in /usr/share/postgresql/*/extension/"$name".control; do
    [ ! -f "$control" ] || grep -q '^trusted' "$control" || echo 'trusted = true' >>"$control"
  done
done
# Whoever creates one may use what it keeps from everybody else, as Heroku's event triggers see to it.
for folder in /usr/share/postgresql/*/extension; do
  sed -z -i 's/REVOKE [A-Z]* ON FUNCTION \([^;]*\)[[:space:]]FROM PUBLIC;/&\nGRANT EXECUTE ON FUNCTION \1 TO @extowner@;/g' \
    "$folder"/amcheck--*.sql "$folder"/pgstattuple--*.sql "$folder"/pg_stat_statements--*.sql
  echo 'GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO @extowner@;' >>"$folder/postgres_fdw--1.0.sql"
  echo 'ALTER TEXT SEARCH DICTIONARY intdict OWNER TO @extowner@;' >>"$folder/dict_int--1.0.sql"
  # An extension that is made of what an owner has prepared runs it as the superuser.
  rm -f "$folder"/*--unpackaged*.sql
  if [ -f "$folder/postgis.control" ]; then
    for script in "$folder"/postgis--[0-9]*.sql; do
      echo 'GRANT SELECT, INSERT, UPDATE, DELETE ON spatial_ref_sys TO @extowner@;' >>"$script"
    done
    for script in "$folder"/postgis_topology--[0-9]*.sql; do
      cat topology-grants.sql >>"$script"
    done
  fi
done
grep -l '^trusted' /usr/share/postgresql/*/extension/*.control | xargs -n 1 basename -s .control |
  grep -v -e '-3$' | paste -s -d , >/usr/local/share/localku-extensions
for folder in /usr/share/postgresql/*/extension; do
  grep -v '^#' postgis-extensions | while read -r name; do
    if [ ! -f "$folder/$name.control" ]; then
      printf "%s\n" "comment = 'not in this server: localku pg:postgis'" "default_version = 'absent'" 'trusted = true' \
        >"$folder/$name.control"
      sed "s/NAME/$name/" absent.sql >"$folder/$name--absent.sql"
    fi
  done
done
install -d -o postgres -g postgres -m 0700 /var/lib/localku-postgres
rm -rf /var/lib/postgresql/*
cd /
rm -rf /localku-stack
