# Stands in the place of test/shunit2 in Heroku's Node.js suite: runs the one test that UPSTREAM_TEST names, and writes
# into RECORD what each command printed (N.output, N.status) and what each assertion asked for (checks). An assertion
# that does not hold ends nothing. What a record of `checks` consists of: read_checks in shell_suite.py.
# shellcheck shell=bash disable=SC2034

captured=0
STD_OUT=$RECORD/0.stdout
STD_ERR=$RECORD/0.stderr
: >"$STD_OUT" >"$STD_ERR"

# held KIND EXPECTED COMMAND...
held() {
  local kind=$1 expected=$2 line
  shift 2
  line=$(spec_line)
  if "$@" >/dev/null 2>&1; then set -- yes; else set -- no; fi
  printf '%s\0' "$kind" "$1" "$captured" "$expected" "$line" >>"$RECORD/checks"
}

# The line of the suite that asks.
spec_line() {
  local level
  for level in "${!BASH_SOURCE[@]}"; do
    case ${BASH_SOURCE[level]} in
      *test/run-helpers | *test/utils | *test/shunit2) ;;
      *)
        sed -n "${BASH_LINENO[level - 1]}p" "${BASH_SOURCE[level]}"
        return
        ;;
    esac
  done
}

capture() {
  captured=$((captured + 1))
  STD_OUT=$RECORD/$captured.stdout
  STD_ERR=$RECORD/$captured.stderr
  LAST_COMMAND=$*
  if [[ ${1##*/} == compile || ${1##*/} == test-compile ]]; then
    reuse_downloads "$3"
  fi
  "$@" >"$STD_OUT" 2>"$STD_ERR" </dev/null
  RETURN=$?
  rtrn=$RETURN
  echo "$RETURN" >"$RECORD/$captured.status"
  # People see both in one place, and no suite asks for colors.
  cat "$STD_OUT" "$STD_ERR" | sed $'s/\e\\[[0-9;]*m//g' >"$RECORD/$captured.output"
  if [[ ${1##*/} == compile && -d $3/nodekit && ! -d $DOWNLOADS/nodekit ]]; then
    cp -a "$3/nodekit" "$DOWNLOADS/nodekit.$$" && mv "$DOWNLOADS/nodekit.$$" "$DOWNLOADS/nodekit"
  fi
}

# A cache that has the downloads of tests before this one, and nothing else.
reuse_downloads() {
  if [[ -d $DOWNLOADS/nodekit && ! -e $1/nodekit ]]; then
    mkdir -p "$1" && cp -a "$DOWNLOADS/nodekit" "$1/nodekit"
  fi
}

both() { echo "$RECORD/$captured.output"; }
has() { grep -q -F -e "$1" "$2"; }
lacks() { ! has "$@"; }
warned() { grep -q '^ !' "$(both)"; }
quiet() { ! warned; }
same() { [[ $1 == "$2" ]]; }
differs() { [[ $1 != "$2" ]]; }
times() { [[ $(grep -o -e "$2" "$(both)" | wc -l) -eq $1 ]]; }
truth() { eval "$1"; }

assertCaptured() { held text "${*: -1}" has "${*: -1}" "$(both)"; }
assertCapturedStderr() { assertCaptured "$@"; }
assertNotCaptured() { held absent "${*: -1}" lacks "${*: -1}" "$(both)"; }
assertNotCapturedStderr() { assertNotCaptured "$@"; }
assertCapturedTimes() { held times "$1 times $2" times "$1" "$2"; }

assertCapturedSuccess() {
  held status success same 0 "$RETURN"
  held warned "no warning" quiet
}

assertCapturedSuccessWithWarnings() {
  held status success same 0 "$RETURN"
  held warned "a warning" warned
}

assertCapturedError() {
  held status failure differs 0 "$RETURN"
  [[ $# -eq 0 || -z ${*: -1} ]] || held text "${*: -1}" has "${*: -1}" "$(both)"
}

assertEquals() { held equal "${*: -2:1}, not ${*: -1}" same "${*: -2:1}" "${*: -1}"; }
assertNotEquals() { held equal "anything but ${*: -2:1}" differs "${*: -2:1}" "${*: -1}"; }
assertTrue() { held equal "${*: -1}" truth "${*: -1}"; }
assertFileContains() { held file "${*: -2:1}" has "${*: -2:1}" "${*: -1}"; }
assertFileNotContains() { held file "no ${*: -2:1}" lacks "${*: -2:1}" "${*: -1}"; }
assertFileExists() { held file "the file $1" test -e "$1"; }
assertFileDoesNotExist() { held file "no file $1" test ! -e "$1"; }
assertDirectoryExists() { held file "the folder $1" test -d "$1"; }
assertMetricEqualsString() { held metric "$2 is $3" jq -e --arg value "$3" ".$2 == \$value" "$1/build-data/nodejs.json"; }
assertMetricEqualsRaw() { held metric "$2 is $3" jq -e ".$2 == $3" "$1/build-data/nodejs.json"; }
fail() { held equal "${*: -1}" false; }

assertMetrics() {
  local query
  while IFS= read -r query; do
    [[ -z $query ]] || held metric "$query" jq -e "$query" "$1/build-data/nodejs.json"
  done
}

"$UPSTREAM_TEST"
echo done >"$RECORD/done"
