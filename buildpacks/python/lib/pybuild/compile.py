"""A build from beginning to end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from handover import spares

from pybuild import (
    ahead,
    available,
    bootstrap,
    cache,
    checks,
    collectstatic,
    config_vars,
    dependencies,
    hooks,
    inputs,
    installed,
    nltk,
    output,
    package_managers,
    prefix,
    profile,
    python_home,
    requested,
    resolve,
    version_advice,
)
from pybuild.available import Available
from pybuild.build_data import BuildData
from pybuild.cache import Record
from pybuild.context import Build
from pybuild.saving import Saving
from pybuild.session import Session, Tool
from pybuild.versions import Request, Version


def run(build: Build, data: BuildData, environ: Mapping[str, str] = os.environ) -> None:
    """Build the app in `build.build_dir`. Raises BuildpackError with what the developer has to know."""
    checks.supported_stack(build.stack)
    checks.single_python_buildpack(build, environ)
    home = build.app_dir / ".heroku" / "python"
    env = config_vars.base(build, home, environ)
    config = config_vars.read(build.env_dir)
    app_env = {**env, **config_vars.exported(build.env_dir)}
    with data.timing("pre_compile_hook"):
        data.note(pre_compile_hook=hooks.run("pre_compile", build.build_dir, app_env))
    checks.no_python_dir(build)
    manager = package_managers.choose(build.build_dir)
    data.note(package_manager=manager)
    checks.no_venv_dir(build)

    old = cache.read(build)
    request, version, choice = _choose_python(build, manager, old, data)
    new = replace(_record(build, manager, version, config), build=old.build if old else "")
    with data.timing("cache_restore"):
        status = cache.restore(build, old, new)
    data.note(cache_status=status)

    home = python_home.link(build)
    made = ahead.take(build, manager, version, home)
    session = Session(
        build=build,
        home=home,
        env=config_vars.base(build, home, environ),
        config=config,
        restored=status == "reused",
        unchanged=status == "reused" and old is not None and not old.local and old.inputs == new.inputs,
        has_pip=made,
    )
    original = prefix.source(build, version, choice)
    packages = package_managers.packages(manager, version.series)
    with (
        data.timing("python_install"),
        bootstrap.fetched_meanwhile(session, packages, original if original.is_dir() else None),
    ):
        if made:
            prefix.announce(version)
        else:
            prefix.install(build, request, version, choice, dict(session.env))
    _finish(session, manager, new, data)


def _choose_python(
    build: Build, manager: str, old: Record | None, data: BuildData
) -> tuple[Request, Version, Available]:
    last = cache.last_version(old)
    kept = set(available.in_folder(prefix.kept_dir(build)))
    choice = available.find(build, kept | ({last} if last and old and old.stack == build.stack else set()))
    request = requested.read(build.build_dir, manager, cache.written_version(build, last), choice)
    data.note(python_version_requested=request.text, python_version_origin=request.origin)
    version_advice.announce(request)
    version = resolve.resolve(request, choice)
    data.note(
        python_version=str(version),
        python_version_major=version.series,
        python_version_pinned=request.exact is not None,
        python_version_outdated=version_advice.outdated(request) is not None,
    )
    if manager == "uv":
        version_advice.require_file_for_uv(request, version)
    for text in version_advice.warnings(request, version):
        output.warning(text)
    return request, version, choice


def _record(build: Build, manager: str, version: Version, config: Mapping[str, str]) -> Record:
    return Record(
        stack=build.stack,
        python=str(version),
        manager=manager,
        tool=package_managers.PINS[manager],
        file=inputs.checksum_of_file(build.build_dir, manager),
        inputs=inputs.checksum(build.build_dir, manager, config, install_test=build.install_test),
    )


def _finish(session: Session, manager: str, record: Record, data: BuildData) -> None:
    build = session.build
    with data.timing("package_manager_install"):
        tool = dependencies.prepare(session, manager, python_home.series(build.tree))
    data.note(**{f"{manager}_version": tool.version})
    session = session.with_tool(tool)
    with data.timing("dependencies_install"):
        dependencies.install(session, manager)
    if not session.unchanged and cache.tree(build).is_dir():
        _keep_times(build)
    with data.timing("nltk_downloader"):
        variables = nltk.download(session)
    with Saving(build) as saving:
        if not session.unchanged:
            saving.begin()
        _complete(session, tool, variables, record, data, saving)
    _settle(build)


def _complete(
    session: Session, tool: Tool, variables: Mapping[str, str], record: Record, data: BuildData, saving: Saving
) -> None:
    """Do what comes after the installation, and keep what was installed."""
    build = session.build
    with data.timing("django_collectstatic"):
        data.note(django_collectstatic=collectstatic.run(session))
    if not session.unchanged:
        python_home.rewrite(build, session.home)
    hooked = (build.build_dir / "bin" / "post_compile").is_file()
    moving = hooked or (not session.unchanged and python_home.source_paths(build))
    profile.write(build, session.home, tool, variables, source_paths=moving)
    with data.timing("post_compile_hook"):
        rewritten = hooked and _post_compile(session)
    data.note(post_compile_hook=hooked)
    local = python_home.source_paths(build) or installed.moves(session.site_packages)
    changed = not session.unchanged or rewritten or bool(variables)
    with data.timing("cache_save"):
        record = replace(record, local=local)
        cache.save(build, record, changed=changed, restored=session.restored, copied=saving.end)


def _keep_times(build: Build) -> None:
    from pybuild import same_times

    for below in (python_home.site_packages(build.tree).relative_to(build.tree), "bin"):
        same_times.keep(build.tree / below, cache.tree(build) / below)


def _post_compile(session: Session) -> bool:
    """Run the app's hook; tell if it may have changed the tree."""
    build = session.build
    before = spares.mark(build.build_dir) if session.unchanged else None
    hooks.run("post_compile", build.build_dir, session.app_env)
    return before is None or not spares.untouched(build.tree, before)


def _settle(build: Build) -> None:
    """Give `.heroku` the time of what is in it, so that two builds with equal dependencies look equal."""
    times = build.tree.stat()
    os.utime(build.build_dir / ".heroku", ns=(times.st_atime_ns, times.st_mtime_ns))
