"""A dyno with a client of the API: a program of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from localku.api.attaching_dynos import DynoOffer, DynoWish
from localku.api.rendezvous import Rendezvous
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform import apps
from localku.platform.dynos import oneoff_order
from localku.platform.dynos.attached_dyno import run_attached
from localku.router.tls import trust
from localku.server.programs import background_program
from localku.server.programs.background_program import Answer

NAME = "localku.server.programs.attached_run"


def attach(home: Path, wish: DynoWish) -> DynoOffer:
    """Start the program, and return what it offers. Raises LocalkuError as it does."""
    said = background_program.started(home, NAME, asdict(wish))
    name, command, size, url = (str(said[one]) for one in ("name", "command", "size", "attach_url"))
    return DynoOffer(name, command, size, int(said["release"]), url)


def _serve(context: Context, asked: Mapping[str, object], answer: Answer) -> None:
    wish = DynoWish(**asked)  # type: ignore[arg-type]
    app = apps.identified(context, wish.app)
    order = oneoff_order.order(context, app, "run", wish.command, size=wish.size)
    order = replace(order, tty=wish.tty, stdin=True, extra_environment=dict(wish.environment))
    with Rendezvous(trust.loopback(context)) as place:
        offer = DynoOffer(order.name, order.command, order.size.name, order.release.version, place.url)
        answer.give(asdict(offer))
        client = place.met()
    try:
        run_attached(context, app, order, client.join, lambda: None)
    except LocalkuError as error:
        client.say(error.message)
    finally:
        client.close()


if __name__ == "__main__":
    background_program.be("attached", _serve)
