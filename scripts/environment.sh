# Sourced by ./install and ./check: say things, become root, find a Python, make a virtualenv. POSIX sh.

OLDEST=11 # Python 3.11, as pyproject.toml's requires-python

say() {
  printf '%s\n' "$*"
}

# fail MESSAGE [WHAT TO DO]...
fail() {
  for line in "$@"; do
    printf ' !     %s\n' "$line" >&2
  done
  exit 1
}

# Run a command whose output only matters when it fails.
quietly() {
  output=$(mktemp)
  if "$@" >"$output" 2>&1; then
    rm -f "$output"
    return 0
  fi
  tail -n 12 "$output" >&2
  rm -f "$output"
  return 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# apt_install WHAT-FOR PACKAGE...
apt_install() {
  wanted=$1
  shift
  if ! command -v apt-get >/dev/null 2>&1; then
    fail "$wanted is missing, and this system has no apt-get." "Install it with your system's package manager: $*."
  fi
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null 2>&1; then
    fail "$wanted is missing, and getting it needs root or sudo." "As root: apt-get install $*"
  fi
  printf 'Installing %s with apt-get\n' "$*" >&2
  quietly as_root apt-get update -q &&
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" ||
    fail "apt-get could not install $*." "What it printed is above; it needs the network and free space."
}

# Every Python of PATH, `python3.X` with the newest X first, then `python3`.
pythons() {
  (
    IFS=:
    for folder in $PATH; do
      for program in "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9]; do
        [ -x "$program" ] && printf '%s %s\n' "${program##*python3.}" "$program"
      done
    done | sort -s -k1,1nr | cut -d' ' -f2-
  )
  command -v python3 || true
}

# Released, not too old.
suits() {
  "$1" -c "import sys; v = sys.version_info; sys.exit(v < (3, $OLDEST) or v.releaselevel in ('alpha', 'beta'))" \
    >/dev/null 2>&1
}

has_venv() {
  "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

# Print the Python to use: $PYTHON, else the newest that can make a virtualenv, else the newest after
# its venv package is installed (Debian and Ubuntu keep ensurepip in one of its own).
find_python() {
  if [ -n "${PYTHON:-}" ]; then
    suits "$PYTHON" || fail "PYTHON=$PYTHON is not a released Python 3.$OLDEST or newer." "Unset PYTHON, or name another."
    has_venv "$PYTHON" || fail "PYTHON=$PYTHON cannot make virtualenvs: it has no ensurepip."
    printf '%s\n' "$PYTHON"
    return
  fi
  lacking=
  for program in $(pythons); do
    suits "$program" || continue
    if has_venv "$program"; then
      printf '%s\n' "$program"
      return
    fi
    lacking=${lacking:-$program}
  done
  if [ -z "$lacking" ]; then
    apt_install "Python 3.$OLDEST or newer" python3 python3-venv
    lacking=/usr/bin/python3
    suits "$lacking" || fail "This system's Python is $("$lacking" --version), and localku needs 3.$OLDEST or newer." \
      "Install a newer one beside it (Ubuntu 22.04: apt-get install python3.11 python3.11-venv) and start again."
  else
    version=$("$lacking" -c 'import sys; print("python3.%d" % sys.version_info.minor)')
    apt_install "The venv module of $lacking" "$version-venv"
  fi
  has_venv "$lacking" || fail "$lacking still cannot make virtualenvs." "Name another Python: PYTHON=/path/to/python3 $0"
  printf '%s\n' "$lacking"
}

# make_venv FOLDER: a virtualenv that works, made again where it does not (a moved checkout, an upgraded system).
make_venv() {
  if "$1/bin/python" -m pip --version >/dev/null 2>&1 && suits "$1/bin/python"; then
    return
  fi
  if [ -e "$1" ] && [ ! -f "$1/pyvenv.cfg" ]; then
    fail "$1 is there and is not a virtualenv." "Move it away and start again."
  fi
  found=$(find_python)
  say "Making a virtualenv in $1 with $("$found" --version)"
  rm -rf "$1"
  quietly "$found" -m venv "$1" || fail "$found could not make a virtualenv in $1."
}

# pip_install FOLDER ARGUMENT...
pip_install() {
  into=$1
  shift
  quietly "$into/bin/python" -m pip --disable-pip-version-check install --quiet "$@" ||
    fail "pip could not install what localku needs." \
      "What it printed is above. Behind a proxy: set https_proxy. With a mirror: set PIP_INDEX_URL."
}

# newer_than FILE PATH...: whether any file under the paths is newer than FILE, or FILE is missing.
newer_than() {
  stamp=$1
  shift
  [ ! -f "$stamp" ] || [ -n "$(find "$@" -name __pycache__ -prune -o -type f -newer "$stamp" -print | head -n 1)" ]
}
