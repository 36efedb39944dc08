"""#30: files written on Windows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from localku.doctor.evidence import BUILD, Evidence
from localku.doctor.finding import Finding, Level, several

_CR_SAID = (
    r"set: -\w*\r|\$'\\r': command not found|\\r['\u2019]*: No such file or directory"
    r"|bad interpreter: \S+\^M|\^M: (?:bad interpreter|not found)"
)
_NOT_STARTED = (
    r"Failed to run the ([\w./-]+) script",
    r"(?<![\w./-])([\w./-]+) can't be started",
    r"(?<![\w./-])([\w./-]+): cannot execute: required file not found",
)
"""What names the script whose first line ends in a carriage return: our Python buildpack, and bash."""


def windows(evidence: Evidence) -> Finding | None:
    """#30: the gravest of four: carriage returns, a script that is not executable, %NAME% for $NAME, UTF-16."""
    found = (*_carriage_returns(evidence), *_not_executable(evidence), *_variable(evidence), *_utf16(evidence))
    return min(found, key=lambda one: one.level, default=None)


def _carriage_returns(evidence: Evidence) -> Iterator[Finding]:
    crlf = [path for path in _scripts(evidence) if _has_crlf(evidence, path)]
    voice, said = _told_of_one(evidence, crlf)
    if not crlf and not (said and evidence.suffers(voice)):  # else it was mended, and not deployed yet
        return
    names = several(crlf) if crlf else "a script"
    what = f"{names} has Windows line endings (CRLF): the shell takes the carriage return as part of the command"
    fix = (
        "save it with LF (`dos2unix FILE`), add `* text=auto eol=lf` to .gitattributes, `git add "
        "--renormalize .` and commit"
    )
    lines = (said,) if said else ()
    yield Finding(30, "WINDOWS", Level.FAILED if said else Level.RISK, what, fix, names, lines, names, voice)


def _told_of_one(evidence: Evidence, crlf: list[str]) -> tuple[str, str]:
    """(voice, line) of who met a carriage return, or could not start one of the files."""
    for voice, _, line in evidence.search(_CR_SAID):
        return voice, line
    for voice, match, line in evidence.search(*_NOT_STARTED):
        if match[1].removeprefix("./").removeprefix("/app/") in crlf:
            return voice, line
    return "", ""


def _not_executable(evidence: Evidence) -> Iterator[Finding]:
    denied = {
        match[1].removeprefix("./"): (voice, line)
        for voice, match, line in evidence.search(r"(?:bash|sh|line \d{1,7}|\b\d{1,7}): (\S+): Permission denied$")
    }
    for kind, command in evidence.types.items():
        for path in re.findall(r"(?:^|[;&|(]\s*|exec\s+)(?:\./)?([\w][\w./-]*)", command):
            blob = evidence.tree.blobs.get(path)
            executable = blob.executable if blob else bool(evidence.tree.files.get(path, 0o755) & 0o111)
            if path in evidence.tree.files and not executable:
                voice, line = denied.get(path, ("", ""))
                what = (
                    f"{path} is not executable in git, so `{kind}: {command}` ends with `Permission denied` "
                    "(status 126)"
                )
                fix = f"`git update-index --chmod=+x {path}` and commit"
                level, seen = (Level.FAILED, (line,)) if line else (Level.RISK, ())
                yield Finding(30, "WINDOWS", level, what, fix, path, seen, path, voice)


def _variable(evidence: Evidence) -> Iterator[Finding]:
    """`%PORT%` of cmd and `$env:PORT` of PowerShell, which bash passes on as they are."""
    for kind, command in evidence.types.items():
        match = re.search(r"%([A-Z_][A-Z0-9_]+)%|\$env:(\w+)", command)
        if match is not None:
            what = (
                f"`{match[0]}` is how Windows writes a variable; the shell of a dyno is bash, where it means "
                "something else"
            )
            dyno = evidence.sufferer(kind)
            level, where = Level.FAILED if dyno else Level.RISK, evidence.declared(kind)
            fix = f"write `${match[1] or match[2]}`"
            yield Finding(30, "WINDOWS", level, what, fix, where, (command,), match[0], dyno)


def _utf16(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.tree.mixed_encoding:
        return
    failed = bool(evidence.transcript)
    what = (
        "requirements.txt is UTF-16 in part and plain text in part, which pip cannot read: Windows PowerShell's `>` "
        "and `>>` write UTF-16, other programs do not"
    )
    fix = "save it as UTF-8 with an editor, check its last lines, and commit it"
    level, voice = (Level.FAILED, BUILD) if failed else (Level.RISK, "")
    yield Finding(30, "WINDOWS", level, what, fix, "requirements.txt", (), "requirements.txt", voice)


def _scripts(evidence: Evidence) -> list[str]:
    """The Procfile and every file that a shell or a `#!` line runs."""
    tree = evidence.tree
    return [
        path
        for path, text in tree.texts.items()
        if path in {"Procfile", ".profile"}
        or path.startswith(".profile.d/")
        or path.endswith(".sh")
        or text.startswith("#!")
    ]


def _has_crlf(evidence: Evidence, path: str) -> bool:
    blob = evidence.tree.blobs.get(path)
    return blob.crlf if blob and path not in evidence.tree.dirty else "\r\n" in evidence.tree.texts[path]
