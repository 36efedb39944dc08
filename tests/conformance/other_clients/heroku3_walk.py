"""Prints what heroku3 sees and does of the app that is named, as one JSON object."""

import json
import os
import sys
import time

import heroku3.api

heroku3.api.HEROKU_URL = os.environ["HEROKU_API_URL"]
client = heroku3.from_key(os.environ["HEROKU_API_KEY"])
app = client.apps()[sys.argv[1]]
found = {"account": client.account().email, "web_url": app.web_url, "domains": len(app.domains())}
found["config"] = app.update_config({"COLOUR": "blue", "SHAPE": None}).to_dict()
addon = app.install_addon(plan_id_or_name="heroku-postgresql:essential-0", config={})
found["addons"] = [one.plan.name for one in app.addons()] + [addon.plan.name]
found["releases"] = [one.version for one in app.releases(order_by="version", limit=2, sort="desc")]
app.process_formation()["worker"].scale(1)
found["formation"] = {one.type: [one.quantity, one.size] for one in app.process_formation()}
deadline = time.monotonic() + 60
while len(found.setdefault("dynos", [])) < 2 and time.monotonic() < deadline:
    found["dynos"] = sorted(one.name for one in app.dynos())
app.restart()
app.enable_maintenance_mode()
found["maintenance"] = [client.apps()[sys.argv[1]].maintenance]
app.disable_maintenance_mode()
found["maintenance"].append(client.apps()[sys.argv[1]].maintenance)
app.add_domain("www.heroku3.example", None)
found["added"] = [one.hostname for one in app.domains() if one.kind == "custom"]
found["detached"] = app.run_command_detached("echo from heroku3").name
found["log"] = app.get_log(lines=100)
made = client.create_app(name="of-heroku3", stack_id_or_name="heroku-26", region_id_or_name="us")
found["made"] = made.name
made.delete()
found["names"] = [one.name for one in client.apps()]
print(json.dumps(found))
