"""#6, #10, #24: files that are not what or where they are on the desk."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from localku.doctor.finding import Finding, Level, several
from localku.doctor.missing import Reason, missing, other_case
from localku.ephemeral.kinds import ADVICE, Kind
from localku.ephemeral.summary import short
from localku.errors import CLIENT

if TYPE_CHECKING:
    from localku.doctor.evidence import Evidence
    from localku.doctor.tree import Spot


def ephemeral(evidence: Evidence) -> Finding | None:
    """#6: files that a dyno wrote, and that go with it."""
    written = [one for one in evidence.written if one.dyno.partition(".")[0] not in {"release", "run", "scheduler"}]
    if not written:
        return None
    first = next((one for one in written if one.gone), written[0])
    own = [one for one in written if (one.dyno, one.gone) == (first.dyno, first.gone)]
    order = [Kind.DATABASE, Kind.UPLOAD, Kind.SESSION]
    own.sort(key=lambda one: order.index(Kind(one.kind)) if one.kind in order else len(order))
    names = list(dict.fromkeys(f"{short(one.path)} ({one.kind})" for one in own))  # each life of the dyno wrote them
    fate = "and they are gone with it" if own[0].gone else "and its next restart discards them"
    what = (
        f"{first.dyno} wrote {several(names)}, {fate}: a dyno's files are its own and live until it "
        "stops, is restarted or deployed"
    )
    fix = ADVICE[Kind(own[0].kind)].instead or "keep what must persist in a database or in object storage such as S3"
    return Finding(
        6,
        "EPHEMERAL FILES",
        Level.SEEN,
        what,
        fix,
        own[0].path,
        tuple(one.path for one in own),
        short(own[0].path),
    )


def letter_case(evidence: Evidence) -> Finding | None:
    """#10: a name in another letter case than git has, or two that differ in nothing else."""
    fix = "write the name as git has it; `git mv` renames a file where only its case changes"
    for one in missing(evidence):
        if one.reason is Reason.CASE:
            what = f"{one.voice} found no `{one.name}`: git has `{one.actual}`, and Linux is case-sensitive"
            return Finding(10, "LETTER CASE", Level.FAILED, what, fix, one.actual, (one.line,), one.name, one.voice)
    folded: dict[str, str] = {}
    for path in evidence.tree.files:
        other = folded.setdefault(path.lower(), path)
        if other != path:
            what = f"Git has both `{other}` and `{path}`, which are one file on macOS and Windows and two on Heroku"
            return Finding(10, "LETTER CASE", Level.RISK, what, f"keep one: `git rm --cached {other}`", path, (), path)
    for spot, name, actual in _misspelled(evidence):
        what = f"`{name}` is referenced and git has `{actual}`: Linux is case-sensitive"
        return Finding(10, "LETTER CASE", Level.RISK, what, fix, str(spot), (spot.text,), name)
    return None


_SCRIPT = (".js", ".mjs", ".cjs", ".ts", ".jsx", ".tsx", ".vue")
_RELATIVE = r"(?:\bfrom|\bimport|require\(|import\()\s*['\"](\.{1,2}/[\w./@-]+)['\"]"
_ENDINGS = ("", *_SCRIPT, ".json", ".css", ".scss")


def _misspelled(evidence: Evidence) -> Iterator[tuple[Spot, str, str]]:
    """Yield (where, what is written, what there is) of imports and templates that differ in case alone."""
    tree = evidence.tree
    lowered = {path.lower(): path for path in tree.files}
    for spot in tree.grep(_RELATIVE, _SCRIPT):
        base = posixpath.normpath(posixpath.join(posixpath.dirname(spot.path), spot.match[1]))
        tried = [*(f"{base}{end}" for end in _ENDINGS), *(f"{base}/index{end}" for end in _ENDINGS)]
        if not any(path in tree.files for path in tried):
            actual = next((lowered[path.lower()] for path in tried if path.lower() in lowered), None)
            if actual:
                yield spot, spot.match[1], actual
    for spot in tree.grep(
        r"(?:render_template\(|render\(\s*request,|\{%-?\s*(?:include|extends))\s*['\"]([\w./-]+\.\w+)['\"]"
    ):
        actual = other_case(tree, spot.match[1])
        if actual:
            yield spot, spot.match[1], actual


def left_out(evidence: Evidence) -> Finding | None:
    """#24: a file that is in the folder and not in git, which the slug is made of."""
    fix = "remove it from .gitignore and commit it (`git add -f`), make it in the build, or keep it in object storage"
    for one in missing(evidence):
        if one.reason is Reason.LEFT_OUT and not one.actual.endswith(".env"):
            what = (
                f"{one.voice} found no `{one.name}`: {one.actual} is in the folder, but git ignores it, "
                "so no slug contains it"
            )
            return Finding(24, "NOT COMMITTED", Level.FAILED, what, fix, ".gitignore", (one.line,), one.name, one.voice)
    tree = evidence.tree
    if tree.pointers:
        what = (
            "The folder has pointers of Git LFS in place of files, so neither a slug here nor one of Heroku's, which "
            "has no Git LFS, has their content"
        )
        fix = "`git lfs pull`, then commit the files themselves (`git lfs untrack`), or fetch them in the build"
        named = several(tree.pointers)
        return Finding(24, "NOT COMMITTED", Level.RISK, what, fix, named, tree.pointers, named)
    if tree.commit is None or not (tree.untracked or tree.dirty or tree.otherwise):
        return None
    parts = []
    if tree.untracked:
        parts.append(f"not in git: {several(tree.untracked)}")
    if tree.dirty:
        parts.append(f"changed since the last commit: {several(tree.dirty)}")
    parts += tree.otherwise
    what = (
        "localku builds the folder as it is, `git push heroku` sends the last commit "
        f"({tree.commit[:8]}); {'; '.join(parts)}"
    )
    files = (*tree.untracked, *tree.dirty)
    fix = "`git add` and `git commit` what the app needs, before you push"
    if not files:
        fix = f"`{CLIENT} build --head` builds what Heroku gets: check whether that runs"
    named = several(files, 3) or "the folder"
    return Finding(24, "NOT COMMITTED", Level.RISK, what, fix, named, files or tree.otherwise, named)
