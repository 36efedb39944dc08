"""As much Ruby as RSpec files of the buildpacks need: blocks, statements with their heredocs, strings, constants."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Value = str | list["Value"] | dict[str, "Value"]
Scope = Mapping[str, Value]

_HEREDOC = re.compile(r"<<~(['\"]?)(\w+)\1")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_PAIR = re.compile(r"""(?:(\w+):|["'](\w+)["']\s*=>)\s*""")
_ESCAPES = {"n": "\n", "t": "\t", "e": "\x1b", "s": " "}
_HELD = "\x00"


class NotRead(ValueError):
    """Ruby that this does not know."""


@dataclass(frozen=True)
class Statement:
    """A line, or several up to the bracket that closes; `heredocs` in their order, with whether they are raw."""

    text: str
    indent: int
    heredocs: tuple[tuple[str, bool], ...] = ()


def statements(source: str) -> list[Statement]:
    """Take a file apart; comments are left out."""
    lines = iter(source.splitlines())
    return [each for each in _taken(lines) if each.text and not each.text.startswith("#")]


def _taken(lines: Iterator[str]) -> Iterator[Statement]:
    for line in lines:
        text, heredocs = line.strip(), list(_heredocs(line, lines))
        while not text.startswith("#") and _open(text) > 0:
            more = next(lines, None)
            if more is None:
                break
            text += " " + more.strip()
            heredocs += _heredocs(more, lines)
        yield Statement(text, len(line) - len(line.lstrip()), tuple(heredocs))


def _heredocs(line: str, lines: Iterator[str]) -> Iterator[tuple[str, bool]]:
    if line.lstrip().startswith("#"):
        return
    for quote, name in _HEREDOC.findall(line):
        body: list[str] = []
        for each in lines:
            if each.strip() == name:
                break
            body.append(each)
        yield _dedented(body), quote == "'"


def _dedented(body: Sequence[str]) -> str:
    depth = min((len(each) - len(each.lstrip()) for each in body if each.strip()), default=0)
    return "".join(f"{each[depth:]}\n" for each in body)


def _open(text: str) -> int:
    """Count brackets that are open at the end, strings and regular expressions left out."""
    plain = _STRING.sub("", _HEREDOC.sub("", re.sub(r"\s#\s.*", "", text)))
    plain = re.sub(r"/(?:[^/\\\s]|\\.)+/", "", plain)
    return sum(plain.count(each) for each in "([{") - sum(plain.count(each) for each in ")]}")


def interpolated(text: str, scope: Scope) -> str:
    """Text between double quotes, or of a heredoc: #{NAME} and escapes."""

    def named(found: re.Match[str]) -> str:
        value = evaluate(found[1].strip(), scope)
        if not isinstance(value, str):
            raise NotRead(found[0])
        return value

    held = re.sub(r"\\(.)", lambda found: f"{_HELD}{ord(found[1])};", text, flags=re.DOTALL)
    filled = re.sub(r"#\{([^}]*)\}", named, held)
    return re.sub(rf"{_HELD}(\d+);", lambda found: _escape(chr(int(found[1]))), filled)


def _escape(letter: str) -> str:
    return _ESCAPES.get(letter, letter)


def heredoc(statement: Statement, scope: Scope, number: int = 0) -> str:
    text, raw = statement.heredocs[number]
    return text if raw else interpolated(text, scope)


def evaluate(expression: str, scope: Scope) -> Value:
    """The value of a string, symbol, list, hash, constant or one of the calls that the suites make of them."""
    text = expression.strip().removesuffix(".freeze").strip()
    if text in scope:
        return scope[text]
    if found := _STRING.fullmatch(text):
        return _unquoted(found, scope)
    if re.fullmatch(r":\w+", text):
        return text
    return _collection(text, scope) if text.endswith(("]", "}")) else _call(text, scope)


def _collection(text: str, scope: Scope) -> Value:
    if found := re.fullmatch(r"%([iw])\[(.*)\]", text):
        return [f":{each}" if found[1] == "i" else each for each in found[2].split()]
    if text.startswith("{"):
        return pairs(text[1:-1], scope)
    if text.startswith("["):
        return [evaluate(each, scope) for each in split(text[1:-1])]
    raise NotRead(text)


def _unquoted(found: re.Match[str], scope: Scope) -> str:
    if found[2] is not None:
        return interpolated(found[2], scope)
    return re.sub(r"\\(['\\])", r"\1", found[1])


def _call(text: str, scope: Scope) -> Value:
    if text == "Hatchet::App.default_buildpack":
        return ":default"
    if found := re.fullmatch(r"(\w+)\.join\((.*)\)", text):
        parts, between = evaluate(found[1], scope), evaluate(found[2], scope)
        return str(between).join(str(each) for each in parts)
    if found := re.fullmatch(r"(\w+)\.merge\((.*)\)", text):
        base = evaluate(found[1], scope)
        if isinstance(base, dict):
            return {**base, **pairs(found[2], scope)}
    if found := re.fullmatch(r"(\w+)\.gsub\(/\\\.\\d\+\$/, ''\)", text):
        return re.sub(r"\.\d+$", "", str(evaluate(found[1], scope)))
    raise NotRead(text)


def pairs(text: str, scope: Scope) -> dict[str, Value]:
    """`a: 1, "b" => 2, c:` as a dictionary; the last of them is a name that has its value in the scope."""
    found: dict[str, Value] = {}
    for each in split(text):
        match = _PAIR.match(each)
        if match is None:
            raise NotRead(each)
        name = match[1] or match[2]
        rest = each[match.end() :].strip()
        found[name] = evaluate(rest or name, scope) if rest not in {"true", "false"} else rest
    return found


def split(text: str) -> list[str]:
    """Split at commas that are in no bracket and no string."""
    parts, depth, start, position = [], 0, 0, 0
    while position < len(text):
        if found := _STRING.match(text, position):
            position = found.end()
            continue
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[position], 0)
        if text[position] == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    parts.append(text[start:])
    return [textwrap.dedent(each).strip() for each in parts if each.strip()]
