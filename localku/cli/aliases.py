"""Other names that Heroku's CLI (11.10.0) has for commands of ours: `aliases` and `hiddenAliases` in its manifest."""

from __future__ import annotations

OF_COMMAND: dict[str, tuple[str, ...]] = {
    "addons:create": ("addons:add",),
    "addons:destroy": ("addons:remove",),
    "apps": ("list", "apps:list"),
    "apps:destroy": ("destroy", "apps:delete"),
    "apps:info": ("info",),
    "apps:rename": ("rename",),
    "config:set": ("config:add",),
    "config:unset": ("config:remove",),
    "local": ("local:start",),
    "open": ("apps:open",),
    "pg:psql": ("psql",),
    "ps:restart": ("restart", "dyno:restart"),
    "ps:scale": ("scale", "dyno:scale"),
    "ps:stop": ("stop", "kill", "ps:kill", "dyno:stop", "dyno:kill"),
    "ps:type": ("resize", "ps:resize", "dyno:resize", "dyno:type"),
}
"""`rollback` and `create` are commands in the list beside `releases:rollback` and `apps:create`."""

ALIASES = {alias: name for name, aliases in OF_COMMAND.items() for alias in aliases}
