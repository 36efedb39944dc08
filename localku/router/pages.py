"""The router's own pages: small, self-contained, and written for the developer who sees them."""

from __future__ import annotations

from html import escape

from localku.router.codes import Code

_STYLE = """
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText;
font:16px/1.55 system-ui,sans-serif}
main{max-width:34rem;padding:2rem}
small{font-weight:600;letter-spacing:.06em;color:#7d5bbe}
h1{margin:.2rem 0 1rem;font-size:1.7rem;line-height:1.2}
pre{padding:.7rem 1rem;border-radius:.4rem;background:#7d5bbe22;overflow:auto}
"""


def _page(title: str, mark: str, sentences: list[str], command: str = "") -> bytes:
    text = "".join(f"<p>{escape(one)}</p>" for one in sentences if one)
    run = f"<pre>{escape(command)}</pre>" if command else ""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><small>{escape(mark)}</small><h1>{escape(title)}</h1>{text}{run}</main></body></html>\n"
    ).encode()


def _command(app: str, code: Code) -> str:
    if code.name == "H14":
        return f"localku ps:scale web=1 --app {app}"
    if code.name == "H80":
        return f"localku maintenance:off --app {app}"
    return f"localku logs --app {app}"


def failure(app: str, code: Code, reason: str, request_id: str) -> bytes:
    """The page of an H-code. `reason` is what the router saw, where there is more to say."""
    title = {"H80": "Offline for maintenance", "H81": "There's nothing here, yet."}.get(code.name, "Application error")
    detail = reason and reason[0].upper() + reason[1:].rstrip(".") + "."
    sentences = [code.meaning, detail, code.advice, f"Request {request_id}"]
    return _page(title, f"{app} · {code.name} {code.desc}", sentences, _command(app, code))


def framed(url: str, title: str) -> bytes:
    """A page that shows the app's own ERROR_PAGE_URL or MAINTENANCE_PAGE_URL, as Heroku does."""
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{escape(title)}</title>'
        "<style>html,body,iframe{margin:0;border:0;width:100%;height:100%;overflow:hidden}"
        f'iframe{{display:block}}</style></head><body><iframe src="{escape(url)}"></iframe></body></html>\n'
    ).encode()


def no_such_app(host: str) -> bytes:
    return _page(
        "No such app",
        "404",
        [
            "There's nothing here, yet.",
            f"No app answers at {host}.",
            "Apps answer at their name, such as http://NAME.localhost, and at their custom domains.",
        ],
        "localku apps\nlocalku domains --app NAME",
    )


def bad_request(status: int, reason: str) -> bytes:
    title = {405: "Method not allowed", 408: "Request timeout", 503: "Service unavailable"}.get(status, "Bad request")
    return _page(title, str(status), [reason[0].upper() + reason[1:].rstrip(".") + "."])
