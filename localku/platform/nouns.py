"""The values that verbs take and return, for the faces, which know nothing of the tables they are kept in."""

from __future__ import annotations

from localku.context import Context
from localku.engine.two_way import TwoWay
from localku.store.records import Addon, App, ChaosPlan, Domain, Drain, DynoRecord, FormationEntry, OneOff, Release

__all__ = [
    "Addon",
    "App",
    "ChaosPlan",
    "Context",
    "Domain",
    "Drain",
    "DynoRecord",
    "FormationEntry",
    "OneOff",
    "Release",
    "TwoWay",
]
