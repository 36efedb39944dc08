"""What git runs when somebody pushes to an app."""

from __future__ import annotations

import os
import sys

import click

from localku.cli.terminal import say
from localku.errors import Invalid, LocalkuError, worded


@click.command()
@click.argument("remote")
@click.argument("url")
def git_connect(remote: str, url: str) -> None:
    """As a remote helper of git: make sure that the server runs, then do what git does for a URL like this."""
    from localku.api import api_token
    from localku.cli.heroku_cli import git_access
    from localku.cli.heroku_cli.api_access import reached
    from localku.opening import open_context

    context = open_context()
    ours = reached(context, held=True)
    if not url.startswith(f"{ours}/"):
        raise Invalid(
            f"localku's API is at {ours}, not at {url}.",
            'A remote with the new port: `localku git:remote -a APP`; a shell: eval "$(localku env)".',
        )
    settings = git_access.of_push(ours, api_token.token(context.home))
    sys.stdout.flush()
    environ = {**os.environ, **git_access.added(settings, os.environ)}
    os.execvpe("git", ["git", "remote-http", remote, url], environ)  # noqa: S606 - the git that has called


@click.command()
def git_receive() -> None:
    """As git's pre-receive hook: deploy what was pushed. What is printed reaches whoever pushes."""
    from localku.cli.deploying import Transcript
    from localku.control import starting
    from localku.control.messages import Bring
    from localku.opening import open_context
    from localku.platform import apps
    from localku.platform.deploying.pushes import push_repository, pushing
    from localku.slugs.build_errors import BuildFailed

    context = open_context()
    app = apps.identified(context, os.environ[push_repository.APP])
    pushed = pushing.updates(sys.stdin)
    transcript = Transcript(context, app)
    try:
        with pushing.received(context, app, pushed, os.environ, say, transcript) as done:
            if done is not None:
                with starting.server(context) as server:
                    port = server.bring(Bring(app.uuid), say).port
                url = f"http://{app.name}.localhost:{port}/"
                if not any(url in line for line in transcript.lines):
                    say(f"       {url} deployed to localku")
                say("\nVerifying deploy... done.")
    except LocalkuError as error:
        for finding in transcript.findings:
            say(f" !     {finding.what}\n !     {finding.fix}")
        if not isinstance(error, BuildFailed):
            for line in worded(error.text("heroku")).splitlines():
                say(f" !     {line}")
        say(f"Verifying deploy...\n\n!\tPush rejected to {app.name}.\n")
        sys.exit(1)
