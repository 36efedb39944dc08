"""What a dyno's /proc says of its listening sockets; the text is a real dyno's."""

from __future__ import annotations

from localku.doctor.sockets import Listening, parse

SEEN = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B00007F:8A3F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 9001 1 0 100 0 0 10 0
   1: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10000        0 9002 1 0 100 0 0 10 0
   2: 0100007F:1F40 0100007F:C350 01 00000000:00000000 00:00000000 00000000 10000        0 9003 1 0 100 0 0 10 0
  sl  local_address                         remote_address                        st tx_queue rx_queue tr inode
   0: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 0:0 00:0 0 10000 0 9004 1 0
   1: 00000000000000000000000001000000:0BB9 00000000000000000000000000000000:0000 0A 0:0 00:0 0 10000 0 9005 1 0
process 1 /sbin/docker-init -- /bin/bash --login -c gunicorn app:app
process 7 /app/.heroku/python/bin/python /app/.heroku/python/bin/gunicorn app:app
socket:[9002]
socket:[9003]
process 9 node server.js
socket:[9004]
"""


def test_listening_sockets_have_address_port_pid_and_program() -> None:
    assert parse(SEEN) == (
        Listening("127.0.0.1", 8000, 7, "gunicorn"),
        Listening("::", 3000, 9, "server.js"),
        Listening("::1", 3001),
    )


def test_a_place_is_written_as_people_type_it() -> None:
    assert str(Listening("127.0.0.1", 8000, 7, "gunicorn")) == "127.0.0.1:8000 (pid 7, gunicorn)"
    assert str(Listening("::1", 3001)) == "[::1]:3001"


def test_loopback_is_told_from_the_rest() -> None:
    assert [one.is_loopback for one in parse(SEEN)] == [True, False, True]


def test_nothing_to_read_is_nothing_listening() -> None:
    assert parse("") == ()
