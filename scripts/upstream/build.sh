# Build what SOURCE has in BUILD_DIR, as Heroku's slug compiler would: BUILDPACKS one after another, detect, compile, the
# `export` of each for the next. A word of BUILDPACKS is a folder, or "inline" for the app's own bin/detect and
# bin/compile. VARIABLES are the names of those of the environment that the machine gives to builds.
# shellcheck shell=bash
set -u

export CACHE_DIR=/tmp/codon/tmp/cache
mkdir -p "$CACHE_DIR" "$BUILD_DIR"
cp -a --no-preserve=ownership "$SOURCE/." "$BUILD_DIR/"

variables=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/app DYNO=run.1234
  "STACK=$STACK" SOURCE_VERSION="" REQUEST_ID=upstream BUILDPACK_LOG_FILE=/dev/null)
for name in $VARIABLES; do
  variables+=("$name=${!name}")
done

exports=
number=0
for from in $BUILDPACKS; do
  number=$((number + 1))
  place=/tmp/codon/tmp/buildpacks/${BUILD_DIR##*_}/$number
  mkdir -p "$place"
  own=("LOCALKU_STACK=$LOCALKU_STACK")
  if [[ $from == inline ]]; then
    own=()
    ln -s "$BUILD_DIR/bin" "$place/bin"
  else
    cp -a --no-preserve=ownership "$from/." "$place/"
  fi
  cd "$place" || exit 1
  name=$(env -i "${variables[@]}" "${own[@]}" "PWD=$place" bin/detect "$BUILD_DIR" 2>/tmp/complaint </dev/null) || {
    cat /tmp/complaint
    exit 1
  }
  printf -- '-----> %s app detected\n' "$name"
  # shellcheck disable=SC2016
  env -i "${variables[@]}" "${own[@]}" "PWD=$place" bash -c "$exports"'exec "$0" "$@"' \
    "bin/compile" "$BUILD_DIR" "$CACHE_DIR" "$ENV_DIR" </dev/null 2>&1 || exit
  if [[ -f export ]]; then
    exports+=". $place/export
"
  fi
done
