"""Labels on everything localku makes in the engine, so that it finds its own and touches nothing else."""

from __future__ import annotations

PREFIX = "org.localku."
HOME = PREFIX + "home"
"""Which localku state folder owns the thing: two homes on one engine stay apart."""
APP = PREFIX + "app"
ROLE = PREFIX + "role"
DYNO = PREFIX + "dyno"
DYNO_ID = PREFIX + "dyno-id"
TYPE = PREFIX + "type"
RELEASE = PREFIX + "release"
PORT = PREFIX + "port"
LAYER = PREFIX + "layer"
SYSTEM = PREFIX + "system"
"""On a volume: which run image it holds a part of."""
RECIPE = PREFIX + "recipe"

ROLE_DYNO = "dyno"
ROLE_BUILD = "build"
ROLE_POSTGRES = "postgres"
ROLE_STACK = "stack"
ROLE_SYSTEM = "system"
