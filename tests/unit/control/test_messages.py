"""What commands and the server say to each other comes out as it went in, whatever their ages."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localku.control.codec import Garbled
from localku.control.messages import KNOWN, Bring, End, Hello, Message, Refused, decode, encode
from localku.errors import Kind, LocalkuError

st.register_type_strategy(float, st.floats(allow_nan=False))  # nan is not equal to itself
anything = st.one_of([st.from_type(kind) for kind in KNOWN])


@given(anything)
def test_each_is_read_as_it_was_written(message: Message) -> None:
    assert decode(encode(message)) == message


@given(anything)
def test_each_is_one_line(message: Message) -> None:
    assert encode(message).count(b"\n") == 1


def test_what_a_newer_one_adds_is_passed_over() -> None:
    assert decode(b'["End", {"dynos": true, "softly": 1}]\n') == End(dynos=True)


def test_what_an_older_one_lacks_has_its_default() -> None:
    assert decode(b'["Bring", {"app": "0d9f"}]\n') == Bring("0d9f")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"GET / HTTP/1.1\n",
        b"[]\n",
        b'["Bring"]\n',
        b'["Bring", {}]\n',
        b'["Bring", {"app": 1}]\n',
        b'["Bring", {"app": "0d9f", "port": "5000"}]\n',
        b'["Bring", {"app": "0d9f", "lease": 1}]\n',
        b'["Bring", []]\n',
        b'["Launch", {}]\n',
        b'["Refused", {"message": "no", "kind": "odd"}]\n',
        b'"\xff"\n',
    ],
)
def test_what_is_none_of_them_is_refused(line: bytes) -> None:
    with pytest.raises(Garbled):
        decode(line)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_whatever_comes_it_is_read_or_refused(value: object) -> None:
    with pytest.raises(Garbled):
        decode(json.dumps(value).encode())


def test_an_error_arrives_as_it_was() -> None:
    sent = Refused.because(LocalkuError("Port 80 is taken.", "Choose another.", kind=Kind.CONFLICT))
    got = decode(encode(sent))
    assert isinstance(got, Refused)
    error = got.error()
    assert (error.message, error.hint, error.kind) == ("Port 80 is taken.", "Choose another.", Kind.CONFLICT)


def test_environment_and_all_of_hello_arrive() -> None:
    said = Hello("d1", "0.1.0", 12, 1000, {"TZ": "UTC"})
    assert decode(encode(said)) == said
