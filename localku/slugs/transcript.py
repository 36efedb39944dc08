"""The lines Heroku itself prints around the buildpacks' output (captures of real deploys)."""

from __future__ import annotations

from collections.abc import Mapping

from localku.slugs.build_limits import SLUG_BYTES, SLUG_SOFT_BYTES, megabytes
from localku.telling import Say


def step(say: Say, text: str) -> None:
    say(f"-----> {text}")


def detail(say: Say, text: str) -> None:
    say(f"       {text}" if text else "")


def warning(say: Say, text: str) -> None:
    say(f" !     {text}")


def stack(say: Say, name: str) -> None:
    step(say, f"Building on the {name[:1].upper()}{name[1:]} stack")


def submodules(say: Say, commits: Mapping[str, str]) -> None:
    """What Heroku's receiving end prints before the build (github.com/CONP-PCNO/conp-dataset pull request 17)."""
    if commits:
        say("Git submodules detected, installing:")
    for path, commit in commits.items():
        say(f"Submodule path '{path}': checked out '{commit}'")


def buildpacks(say: Say, references: tuple[str, ...]) -> None:
    """One line for one buildpack, a numbered list for several."""
    if len(references) == 1:
        step(say, f"Using buildpack: {references[0]}")
        return
    step(say, "Using buildpacks:")
    for number, reference in enumerate(references, start=1):
        detail(say, f"{number}. {reference}")


def instead(say: Say, reference: str, ours: str) -> None:
    """Of a buildpack that cannot be fetched, and whose work one of localku's own does."""
    warning(say, f"{reference} cannot be fetched from here: localku's own {ours} is used in its place.")


def undetected(say: Say) -> None:
    warning(say, "No default language could be detected for this app.")
    say("\t\t\tHINT: This occurs when Heroku cannot detect the buildpack to use for this application automatically.")
    say("\t\t\tSee https://devcenter.heroku.com/articles/buildpacks")
    failed(say)


def incompatible(say: Say, reference: str, output: str) -> None:
    step(say, f"App not compatible with buildpack: {reference}")
    detail(say, "")
    for line in output.rstrip().splitlines():
        detail(say, line)
    say("")
    detail(say, "More info: https://devcenter.heroku.com/articles/buildpacks#detection-failure")
    failed(say)


def compile_failed(say: Say, name: str) -> None:
    warning(say, f"Push rejected, failed to compile {name} app.")
    failed(say)


def timed_out(say: Say, name: str) -> None:
    step(say, f"Timed out running buildpack {name}")
    failed(say)


def broken_off(say: Say) -> None:
    warning(say, "The build container exited before the build finished: out of memory, or removed from outside.")
    failed(say)


def disk_full(say: Say) -> None:
    warning(say, "The engine's disk is full. Free some space (`docker system df` shows what is large) and try again.")


def unreadable_release(say: Say, problem: str) -> None:
    warning(say, f"Push failed: failed to read buildpack metadata: (<unknown>): {problem}")
    failed(say)


def failed(say: Say) -> None:
    say("")
    warning(say, "Push failed")


def process_types(say: Say, declared: tuple[str, ...], defaults: Mapping[str, str]) -> None:
    """Types of the Procfile, then those default types of the buildpack that it does not declare."""
    step(say, "Discovering process types")
    extra = [name for name in defaults if name not in declared]
    listed = ", ".join(declared) or "(none)"
    if not extra and declared:
        detail(say, f"Procfile declares types -> {listed}")
    else:
        detail(say, f"Procfile declares types     -> {listed}")
    if extra:
        detail(say, f"Default types for buildpack -> {', '.join(sorted(extra))}")
    say("")


def compressed(say: Say, size: int) -> None:
    detail(say, f"Done: {megabytes(size)}")
    if size > SLUG_SOFT_BYTES:
        warning(
            say,
            f"Warning: Your slug size ({size // 1024 // 1024} MB) exceeds our soft limit "
            f"({SLUG_SOFT_BYTES // 1024 // 1024} MB) which may affect boot time.",
        )


def too_large(say: Say, size: int) -> None:
    warning(say, f"Compiled slug size: {megabytes(size)} is too large (max is {SLUG_BYTES // 1024 // 1024}M).")
    warning(say, "See: http://devcenter.heroku.com/articles/slug-size")
    failed(say)
