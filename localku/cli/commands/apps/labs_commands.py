"""`localku labs` and `features`: what an app can switch on."""

from __future__ import annotations

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.terminal import note, say, show_json

GREEN, RESET = "\x1b[32m", "\x1b[0m"


@click.command()
@app_option
@json_option
def labs(name: str | None, *, as_json: bool) -> None:
    """List experimental features."""
    _list(name, "labs", as_json=as_json)


@click.command()
@app_option
@json_option
def features(name: str | None, *, as_json: bool) -> None:
    """List general features."""
    _list(name, "general", as_json=as_json)


def _list(name: str | None, kind: str, *, as_json: bool) -> None:
    from localku.platform import labs as verbs
    from localku.platform import views

    context, app = context_and_app(name)
    found, on = verbs.listed(kind), verbs.enabled(context, app)
    if as_json:
        show_json([views.feature(feature, on) for feature in found])
        return
    say(f"=== App Features {app.name}\n")
    longest = max(len(feature.name) for feature in found)
    for feature in found:
        marked = f"[ ] {feature.name:<{longest}}"
        if feature.name in on:
            marked = f"{GREEN}[+] {feature.name:<{longest}}{RESET}"
        say(f"{marked}  {feature.description}")


@click.command()
@click.argument("feature")
@app_option
@json_option
def labs_info(feature: str, name: str | None, *, as_json: bool) -> None:
    """Show a feature, and whether the app has it."""
    from localku.dyno import app_features
    from localku.platform import labs as verbs
    from localku.platform import views

    context, app = context_and_app(name)
    found, on = app_features.named(feature), verbs.enabled(context, app)
    if as_json:
        show_json(views.feature(found, on))
        return
    say(f"=== {found.name}\n")
    say(f"Description: {found.description}")
    say(f"Enabled:     {'true' if found.name in on else 'false'}")
    say(f"Docs:        {found.docs}")
    say(f"Effect:      {found.effect}")


@click.command()
@click.argument("feature")
@app_option
def labs_enable(feature: str, name: str | None) -> None:
    """Enable a feature."""
    _switch(feature, name, on=True)


@click.command()
@click.argument("feature")
@app_option
def labs_disable(feature: str, name: str | None) -> None:
    """Disable a feature."""
    _switch(feature, name, on=False)


@click.command()
@click.argument("feature")
@app_option
def features_enable(feature: str, name: str | None) -> None:
    """Enable a feature; refused where it is enabled already, as on Heroku."""
    _switch(feature, name, on=True, strict=True)


@click.command()
@click.argument("feature")
@app_option
def features_disable(feature: str, name: str | None) -> None:
    """Disable a feature; refused where it is disabled already, as on Heroku."""
    _switch(feature, name, on=False, strict=True)


def _switch(feature: str, name: str | None, *, on: bool, strict: bool = False) -> None:
    from localku.platform import labs as verbs

    context, app = context_and_app(name)
    found = (verbs.enable if on else verbs.disable)(context, app, feature, strict=strict)
    note(f"{'Enabling' if on else 'Disabling'} {found.name} for {app.name}... done")
    note(f"       {found.effect}")
