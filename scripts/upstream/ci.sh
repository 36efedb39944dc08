# What Heroku CI does with a buildpack, $1: bin/test-compile in /app, then bin/test.
# shellcheck shell=bash
set -u
for program in test-compile test; do
  if [[ ! -x $1/bin/$program ]]; then
    echo "There is no bin/$program."
    exit 1
  fi
done
mkdir -p /tmp/cache /tmp/env /app
cp -a --no-preserve=ownership "$SOURCE/." /app/
variables=(PATH=/usr/local/bin:/usr/bin:/bin HOME=/app CI=true "STACK=$STACK" "LOCALKU_STACK=$LOCALKU_STACK")
for name in $VARIABLES; do
  variables+=("$name=${!name}")
done
env -i "${variables[@]}" "$1/bin/test-compile" /app /tmp/cache /tmp/env </dev/null 2>&1 || exit
cd /app || exit
# shellcheck disable=SC2016
env -i "${variables[@]}" bash -c 'for each in .profile.d/*.sh; do . "$each"; done; exec "$0" /app /tmp/env' \
  "$1/bin/test" </dev/null 2>&1
