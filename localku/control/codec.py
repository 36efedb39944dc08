"""Values as lines of JSON and back: frozen dataclasses of texts, numbers, switches, and of each other.

What a line has more than we know is passed over, and what it lacks has its default: both ends may be of another age.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from localku.errors import LocalkuError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Value = TypeVar("Value", bound=DataclassInstance)


class Garbled(LocalkuError):
    """What came is none of the values that were waited for."""


def encode(value: DataclassInstance) -> bytes:
    return json.dumps([type(value).__name__, dataclasses.asdict(value)], default=dict).encode() + b"\n"


def decode(line: bytes, known: Iterable[type[Value]]) -> Value:
    """Return the value of one of these types that the line tells. Raises Garbled where it is none of them."""
    try:
        name, fields = json.loads(line)
        found = next(one for one in known if one.__name__ == name)
        return _made(found, fields)
    except (ValueError, TypeError, StopIteration) as error:
        raise Garbled(f"localku's server was not understood: {line[:200].decode(errors='replace')!r}.") from error


def _made(kind: type[Value], fields: object) -> Value:
    if not isinstance(fields, dict):
        raise TypeError(fields)
    hints = typing.get_type_hints(kind)
    return kind(**{name: _value(hints[name], told) for name, told in fields.items() if name in hints})


def _value(kind: object, told: object) -> object:
    origin = typing.get_origin(kind)
    if origin is types.UnionType:
        (inner,) = (one for one in typing.get_args(kind) if one is not types.NoneType)
        return None if told is None else _value(inner, told)
    if origin is tuple and isinstance(told, list):
        return tuple(_value(typing.get_args(kind)[0], one) for one in told)
    if origin is Mapping and isinstance(told, dict):
        return {str(name): _value(typing.get_args(kind)[1], one) for name, one in told.items()}
    if isinstance(kind, type):
        return _single(kind, told)
    raise TypeError(told)


def _single(kind: type, told: object) -> object:
    if dataclasses.is_dataclass(kind):
        return _made(kind, told)
    if issubclass(kind, StrEnum):
        return kind(str(told))
    if kind is float and isinstance(told, int) and not isinstance(told, bool):
        return float(told)
    if type(told) is not kind:
        raise TypeError(told)
    return told
