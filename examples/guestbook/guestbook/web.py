"""The web dyno."""

import os
import time

from flask import Flask, Response, redirect, render_template, request, url_for

from guestbook import database, visits
from guestbook.diagnosis import diagnosis

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return render_template(
        "index.html", entries=database.latest(), visits=visits.count(), dyno=os.environ.get("DYNO", "no dyno")
    )


@app.post("/")
def sign() -> Response:
    name, message = request.form.get("name", "").strip(), request.form.get("message", "").strip()
    if not name or not message:
        return Response("A guestbook entry has a name and a message.\n", 400, mimetype="text/plain")
    database.add(name[:80], message[:2000])
    app.logger.info("%s signed", name[:80])
    return redirect(url_for("index"), 303)


@app.get("/visit-counter")
def visit_counter() -> Response:
    """The number in the file, without counting this request."""
    return Response(f"{visits.read()}\n", mimetype="text/plain")


@app.get("/slow")
def slow() -> Response:
    """Answer after `s` seconds. The router gives up after 30 (H12), this dyno does not."""
    seconds = min(max(request.args.get("s", 1.0, float), 0.0), 120.0)
    time.sleep(seconds)
    print(f"slept for {seconds:g} s", flush=True)
    return Response(f"That took {seconds:g} seconds.\n", mimetype="text/plain")


@app.get("/crash")
def crash() -> Response:
    """Take the whole dyno down. The router answers H13, then H10 until the dyno is up again."""
    print("crashing, as you wished", flush=True)
    # gunicorn replaces a worker that dies, except with status 3, its own sign for "cannot boot".
    os._exit(3)


@app.get("/env")
def env() -> dict[str, object]:
    return diagnosis(request)


@app.errorhandler(database.NoDatabase)
def no_database(_: database.NoDatabase) -> tuple[str, int]:
    return render_template("no_database.html"), 503
