"""From a path (and a few bytes, where there are any) to a kind."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from localku.ephemeral.change import HOME, WRITABLE, below
from localku.ephemeral.kinds import Kind
from localku.project import ignore_patterns

if TYPE_CHECKING:
    from localku.ephemeral.change import Change, How

# The first rule that covers a path wins: a name, or with a slash a path that is absolute or relative to /app.
# They are compared with the lower-cased path.
_NAMES: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.BYTECODE, ("__pycache__", "*.pyc", "*.pyo", "*.rbc")),
    (Kind.HISTORY, (".*_history", ".python_history-*", ".lesshst", ".viminfo", ".wget-hsts")),
    (Kind.CACHE, ("node_modules/.cache", "node_modules/.vite")),
    (Kind.PACKAGE, (".heroku", "node_modules", "site-packages", "bower_components", "*.dist-info")),
    (Kind.PACKAGE, ("vendor/bundle", ".local/bin", ".local/lib")),
    (Kind.DATABASE, ("*.sqlite", "*.sqlite[0-9]", "*.db", "*.db[0-9]", "*.s3db", "*.mdb", "*.rdb", "*.dbm")),
    (Kind.DATABASE, ("*.sqlite*-wal", "*.sqlite*-shm", "*.sqlite*-journal", "*.db-wal", "*.db-shm")),
    (Kind.DATABASE, ("*.db-journal", "celerybeat-schedule*", "*.duckdb", "*.aof")),
    (Kind.PID, ("*.pid", "*.sock", "*.socket", ".gunicorn", "*.pid.lock", "*.lck")),
    (Kind.SESSION, ("sessions", "flask_session", "sess_*", "/tmp/sessionid*", "*.session")),
    (Kind.LOG, ("*.log", "*.log.*", "logs", "log", "nohup.out")),
    (Kind.CACHE, (".cache", "cache", "caches", "*_cache", "*-cache", "*.djcache", ".sass-cache", ".npm", ".nuget")),
    (Kind.CONFIG, (".env", ".env.*", ".netrc", ".pgpass", ".npmrc")),
    (Kind.UPLOAD, ("media", "mediafiles", "upload", "uploads", "attachments", "avatars", "public/system")),
    (
        Kind.STATIC,
        ("staticfiles", "static_root", "static-root", "collectedstatic", "collected_static", "static", "public/assets"),
    ),
    (Kind.STATIC, ("public/packs", "public/build", "dist/**", "build/**", ".next", ".nuxt", ".parcel-cache")),
    (Kind.TEMPORARY, ("/tmp", "/var/tmp", "/dev/shm", "/app/tmp", "*.tmp", "*.temp", "*~", ".*.sw?")),
)

# Kinds told by a folder's name. An app may well have a module of that name, whose code is source.
_PLACES = (Kind.SESSION, Kind.LOG, Kind.CACHE, Kind.UPLOAD, Kind.STATIC)

_MEDIA = re.compile(
    r".*\.(jpe?g|png|gif|webp|avif|heic|bmp|tiff?|mp3|ogg|wav|flac|mp4|m4[av]|mov|avi|mkv|webm"
    r"|pdf|docx?|xlsx?|pptx?|od[ts]|csv|zip)",
    re.DOTALL,
)

_CODE = re.compile(r".*\.(py|rb|[mc]?js|[jt]sx?|php|go|java|html?|erb|jinja2?|s?css|sh|toml|ya?ml|json|md)", re.DOTALL)

_HEADS = (
    (b"SQLite format 3\0", Kind.DATABASE),
    (b"REDIS0", Kind.DATABASE),
    (b"\xff\xd8\xff", Kind.UPLOAD),
    (b"\x89PNG\r\n", Kind.UPLOAD),
    (b"GIF8", Kind.UPLOAD),
    (b"%PDF-", Kind.UPLOAD),
)


def kind_of(change: Change) -> Kind:
    """Say what a change is. Every path has a kind; `OTHER` if nothing more can be said."""
    if not change.path.startswith("/app/") and not any(below(change.path, folder) for folder in WRITABLE):
        return Kind.READ_ONLY
    path, content = change.path.lower(), _by_head(change.head) if change.head else None
    if content is Kind.DATABASE:
        return content
    named = _by_name(path)
    is_code = change.kind != "added" and named in _PLACES and _CODE.fullmatch(path)
    if named and not is_code:
        return named
    return _by_change(change.kind, looks_uploaded=bool(content or _MEDIA.fullmatch(path)))


def _by_change(how: How, *, looks_uploaded: bool) -> Kind:
    if how == "added":
        return Kind.UPLOAD if looks_uploaded else Kind.OTHER
    return Kind.DELETED if how == "deleted" else Kind.SOURCE


def _by_name(path: str) -> Kind | None:
    """Find the first rule that covers the path, or a folder above it."""
    folder, _, name = path.rpartition("/")
    first = min(_rule_of_folder(folder), _own_rule(path, name))
    return _NAMES[first][0] if first < len(_NAMES) else None


@lru_cache(maxsize=4096)
def _rule_of_folder(folder: str) -> int:
    """Number of the first rule that covers a folder or one above it."""
    first = len(_NAMES)
    while folder:
        first = min(first, _own_rule(folder, folder.rpartition("/")[2]))
        folder = folder.rpartition("/")[0]
    return first


def _own_rule(path: str, name: str) -> int:
    """Number of the first rule that covers exactly this path; as many as there are rules where none does."""
    by_place, by_name = _PLACE_RULES.match(path), _NAME_RULES.match(name)
    if by_place is None and by_name is None:
        return len(_NAMES)
    return min(int(found.lastgroup[4:]) for found in (by_place, by_name) if found and found.lastgroup)


def _rules(*, places: bool) -> re.Pattern[str]:
    """One expression for all rules, of which the first alternative that matches wins."""
    return re.compile(
        "|".join(
            f"(?P<rule{number}>{_exactly([glob for glob in globs if ('/' in glob) == places])})"
            for number, (_, globs) in enumerate(_NAMES)
        ),
        re.DOTALL,
    )


def _exactly(globs: list[str]) -> str:
    """An expression for what these match themselves, not for what is in it."""
    return f"(?:{'|'.join(map(_itself, globs)) or '(?!)'})"


def _itself(glob: str) -> str:
    if "/" not in glob:
        return ignore_patterns.segment(glob) + r"\Z"
    place = glob if glob.startswith("/") else f"{HOME}/{glob}"
    return "/" + ignore_patterns.expression(place, whole=True)


_PLACE_RULES, _NAME_RULES = _rules(places=True), _rules(places=False)


def _by_head(head: bytes) -> Kind | None:
    return next((kind for magic, kind in _HEADS if head.startswith(magic)), None)
