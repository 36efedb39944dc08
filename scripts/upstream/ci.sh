# What Heroku CI does with a buildpack, $1, and the app's own bin/detect and bin/compile behind it: bin/test-compile in
# /app with a cache that stays. VARIABLES are the names of those of the environment that the machine gives to builds.
# shellcheck shell=bash
set -u
mkdir -p /tmp/cache_ci /tmp/env_ci
find /app -mindepth 1 -delete
cp -a --no-preserve=ownership "$SOURCE/." /app/
place=/tmp/codon/tmp/buildpacks/ci
rm -rf "$place" && mkdir -p "$place" && cp -a --no-preserve=ownership "$1/." "$place/"
variables=(PATH=/usr/local/bin:/usr/bin:/bin:/app/.sprettur/bin/ HOME=/app CI=true DYNO=run.1 "STACK=$STACK")
for name in $VARIABLES; do
  variables+=("$name=${!name}")
done
own=("LOCALKU_STACK=$LOCALKU_STACK")
name=$(env -i "${variables[@]}" "${own[@]}" "$place/bin/detect" /app) || exit
printf -- '-----> %s app detected\n' "$name"
env -i "${variables[@]}" "${own[@]}" "$place/bin/test-compile" /app /tmp/cache_ci /tmp/env_ci </dev/null 2>&1 || exit
name=$(env -i "${variables[@]}" /app/bin/detect /app) || exit
printf -- '-----> %s app detected\n' "$name"
cd /app || exit
# shellcheck disable=SC2016
env -i "${variables[@]}" bash -c '. "$0/export"; exec bin/compile /app /tmp/cache_ci /tmp/env_ci' "$place" </dev/null 2>&1
