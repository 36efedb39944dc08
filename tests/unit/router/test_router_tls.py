"""HTTPS and HTTP on one port, under certificates of our own."""

from __future__ import annotations

import socket
import ssl
import stat
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from router_kit import FAST, OK, Client, Domains, Dyno, Reader, World, Writer, heard, request, says, start

from localku.router.router_server import RouterThread
from localku.router.tls import certificates
from localku.router.tls.issuing import Authority
from localku.router.tls.server_names import fixed

MakeDyno = Callable[..., Dyno]


class At:
    scale = 1.0

    def __init__(self, days: int) -> None:
        self._moment = datetime.now(UTC) + timedelta(days=days)

    def now(self) -> datetime:
        return self._moment

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None: ...


def trusting(folder: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=certificates.ca_file(folder))
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    return made


def presented(router: RouterThread, folder: Path, name: str) -> dict[str, object]:
    """The certificate the router shows for `name`, verified as a browser would."""
    with (
        socket.create_connection(("127.0.0.1", router.port), timeout=5) as plain,
        trusting(folder).wrap_socket(plain, server_hostname=name) as secure,
    ):
        return dict(secure.getpeercert() or {})


@pytest.fixture
def secure(world: World, tmp_path: Path) -> Iterator[RouterThread]:
    tls = certificates.context(tmp_path / "tls", domains=Domains("www.example.com", "*.example.org"))
    running = start(world, tls=tls)
    yield running
    running.stop()


def test_http_and_https_on_one_port(world: World, secure: RouterThread, dyno: MakeDyno, tmp_path: Path) -> None:
    fake = dyno(says(OK))
    world.up(fake)
    with Client(secure.port, trusting(tmp_path / "tls")) as client:
        assert client.get().body == b"ok"
        assert client.get().body == b"ok"
    with Client(secure.port) as client:
        assert client.get().body == b"ok"
    seen = [one for raw in fake.heard for one in heard(raw)]
    assert [one.header("x-forwarded-proto") for one in seen] == ["https", "https", "http"]
    assert [one.header("x-forwarded-port") for one in seen] == ["443", "443", "80"]
    assert [world.fields(n)["protocol"] for n in (1, 2, 3)] == ["https", "https", "http"]


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "app.localhost", "a.b.localhost", "www.example.com", "any.example.org"]
)
def test_every_name_is_valid(secure: RouterThread, tmp_path: Path, name: str) -> None:
    assert presented(secure, tmp_path / "tls", name)["subjectAltName"]


@pytest.mark.parametrize("name", ["example.com", "a..localhost", "x" * 64 + ".elsewhere"])
def test_other_names_are_not(secure: RouterThread, tmp_path: Path, name: str) -> None:
    with pytest.raises((ssl.SSLError, ValueError, UnicodeError)):
        presented(secure, tmp_path / "tls", name)


def test_a_large_response_over_tls(world: World, secure: RouterThread, dyno: MakeDyno, tmp_path: Path) -> None:
    body = bytes(range(256)) * 16384
    world.up(dyno(says(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)))
    with Client(secure.port, trusting(tmp_path / "tls")) as client:
        assert client.get().body == body


def test_a_large_upload_over_tls(world: World, secure: RouterThread, dyno: MakeDyno, tmp_path: Path) -> None:
    async def sums(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(4_000_000)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + sha256(body).hexdigest().encode())

    world.up(dyno(sums))
    body = bytes(range(250)) * 16000
    with Client(secure.port, trusting(tmp_path / "tls")) as client:
        client.send(request("/", "Content-Length: 4000000", method="POST") + body)
        assert client.reply("POST").body == sha256(body).hexdigest().encode()


def test_a_tunnel_over_tls(world: World, secure: RouterThread, dyno: MakeDyno, tmp_path: Path) -> None:
    async def shouts(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
        writer.write((await reader.readline()).upper())

    world.up(dyno(shouts))
    with Client(secure.port, trusting(tmp_path / "tls")) as client:
        client.send(request("/", "Connection: Upgrade", "Upgrade: x") + b"hello\n")
        assert client.everything().endswith(b"\r\n\r\nHELLO\n")
    assert (world.fields()["status"], world.fields()["protocol"]) == ("101", "https")


def test_a_tls_client_that_goes_away(world: World, secure: RouterThread, dyno: MakeDyno, tmp_path: Path) -> None:
    world.up(dyno(says(b"")))
    with Client(secure.port, trusting(tmp_path / "tls")) as client:
        client.send(request())
    assert world.fields()["code"] == "H27"


def test_tls_without_certificates_is_refused(router: RouterThread) -> None:
    with pytest.raises(OSError, match=r"EOF|reset"):
        Client(router.port, ssl.create_default_context())


def test_a_broken_handshake_leaves_the_router_alone(world: World, secure: RouterThread, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    with Client(secure.port) as client:
        client.send(b"\x16\x03\x01 nonsense" * 2000)
        client.everything()
    with Client(secure.port) as client:
        assert client.get().status == 200


def test_a_handshake_that_stops_half_way(world: World, tmp_path: Path) -> None:
    running = start(world, tls=certificates.context(tmp_path), limits=FAST)
    with Client(running.port) as client:
        client.send(b"\x16\x03\x01\x10\x00")
        assert client.closed()
    running.stop()


def test_new_names_without_a_restart(world: World, tmp_path: Path) -> None:
    folder, domains = tmp_path / "tls", Domains("www.example.com")
    running = start(world, tls=certificates.context(folder, domains=domains))
    domains.all.add("new.example.net")
    certificates.authorities(folder, domains.names(), At(0).now())  # as domains:add does
    assert presented(running, folder, "new.example.net")
    running.stop()


def test_files_are_private_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    certificates.context(folder)
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    assert set(before) == {"ca.pem", "localhost-ca.pem", "localhost-ca-key.pem", "server.pem"}
    assert {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"PRIVATE KEY" not in before["ca.pem"]
    certificates.context(folder)
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("names", "days", "same_ca", "same_leaf"),
    [
        ((), 300, True, True),
        ((), 380, True, False),
        (("x.localhost",), 0, True, False),
        ((), 700, False, False),
    ],
)
def test_renewed_when_needed(
    tmp_path: Path, names: tuple[str, ...], days: int, *, same_ca: bool, same_leaf: bool
) -> None:
    certificates.context(tmp_path)
    ca, leaf = (tmp_path / "ca.pem").read_bytes(), (tmp_path / "server.pem").read_bytes()
    certificates.context(tmp_path, names, At(days))
    assert ((tmp_path / "ca.pem").read_bytes() == ca) is same_ca
    assert ((tmp_path / "server.pem").read_bytes() == leaf) is same_leaf


@pytest.mark.parametrize("file", ["ca.pem", "localhost-ca.pem", "localhost-ca-key.pem", "server.pem"])
def test_damaged_files_are_made_again(tmp_path: Path, file: str) -> None:
    certificates.context(tmp_path)
    (tmp_path / file).write_bytes(b"-----BEGIN CERTIFICATE-----\nno\n")
    certificates.context(tmp_path)
    assert b"no\n" not in (tmp_path / file).read_bytes()[:40]


def test_a_silent_client_is_let_go(hurried: Client) -> None:
    assert hurried.closed()


def test_domains_that_are_known_when_asked_for_have_a_certificate(world: World, tmp_path: Path) -> None:
    known = Domains()
    running = start(world, tls=certificates.context(tmp_path / "tls", domains=known))
    known.all.add("late.example.com")
    certificates.authorities(tmp_path / "tls", known.names(), datetime.now(UTC))  # as `domains:add` does
    try:
        names = presented(running, tmp_path / "tls", "late.example.com")["subjectAltName"]
        assert names == (("DNS", "late.example.com"),)
        known.all.clear()
        with pytest.raises(ssl.SSLCertVerificationError):
            presented(running, tmp_path / "tls", "late.example.com")
    finally:
        running.stop()


NOW = datetime.now(UTC)


def verified(folder: Path, authority: Authority, name: str, hostname: str = "") -> str:
    """What OpenSSL's own program says of a certificate for `name` by this authority."""
    leaf = folder / "leaf.pem"
    leaf.write_bytes(authority.issue((name,), NOW))
    kind = "-verify_ip" if hostname[:1].isdigit() or ":" in hostname else "-verify_hostname"
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", certificates.ca_file(folder)]
    command += [kind, hostname or name.replace("*", "www"), leaf]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "OK" if done.returncode == 0 else done.stderr


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Authority, Authority]:
    folder = tmp_path_factory.mktemp("tls")
    made = certificates.authorities(folder, ("www.example.com", "*.example.org", "one.herokuapp.com"), NOW)
    assert made.domains is not None
    return folder, made.localhost, made.domains


@pytest.mark.parametrize("name", ["localhost", "app.localhost", "127.0.0.1", "::1"])
def test_the_authority_for_this_machine_vouches_for_its_own_names(
    both: tuple[Path, Authority, Authority], name: str
) -> None:
    assert verified(both[0], both[1], name, name) == "OK"


@pytest.mark.parametrize("name", ["www.example.com", "*.example.org", "one.herokuapp.com"])
def test_the_authority_for_domains_vouches_for_those_there_are(
    both: tuple[Path, Authority, Authority], name: str
) -> None:
    assert verified(both[0], both[2], name) == "OK"


ELSEWHERE = [
    "www.google.com",
    "example.com",
    "two.herokuapp.com",
    "herokuapp.com",
    "localhost.com",
    "8.8.8.8",
    "2001::1",
]


@pytest.mark.parametrize("name", [*ELSEWHERE, "www.example.com", "10.0.0.1"])
def test_nobody_who_has_the_key_for_this_machine_can_be_another(
    both: tuple[Path, Authority, Authority], name: str
) -> None:
    assert "permitted subtree violation" in verified(both[0], both[1], name, name)


@pytest.mark.parametrize("name", [*ELSEWHERE, "localhost", "127.0.0.1", "::1"])
def test_nobody_who_has_the_key_for_domains_can_be_another(both: tuple[Path, Authority, Authority], name: str) -> None:
    said = verified(both[0], both[2], name, name)
    assert "permitted subtree violation" in said or "excluded subtree violation" in said


def test_python_refuses_it_too_as_curl_does(world: World, both: tuple[Path, Authority, Authority]) -> None:
    folder, _, domains = both
    chain = folder / "evil.pem"
    chain.write_bytes(domains.issue(("www.google.com",), NOW))
    running = start(world, tls=fixed(certificates._server(chain, [])))
    curl = ["curl", "-sS", "--noproxy", "*", "--cacert", certificates.ca_file(folder)]
    try:
        with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
            presented(running, folder, "www.google.com")
        to = f"www.google.com:443:127.0.0.1:{running.port}"
        done = subprocess.run(
            [*curl, "--connect-to", to, "https://www.google.com/"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, "permitted subtree violation" in done.stderr) == (60, True)
    finally:
        running.stop()


def test_another_domain_makes_another_authority_with_the_same_key(tmp_path: Path) -> None:
    first = certificates.authorities(tmp_path, ("a.example.com",), NOW)
    second = certificates.authorities(tmp_path, ("b.example.com", "a.example.com"), NOW)
    assert first.domains is not None
    assert second.domains is not None
    assert second.localhost.certificate == first.localhost.certificate
    assert verified(tmp_path, first.domains, "a.example.com") == "OK"
    third = certificates.authorities(tmp_path, ("b.example.com",), NOW)
    assert third.domains is not None
    assert "permitted subtree violation" in verified(tmp_path, third.domains, "a.example.com")
    assert certificates.authorities(tmp_path, (), NOW).domains is None
    assert certificates.ca_file(tmp_path).read_bytes() == first.localhost.certificate_pem()


def test_a_folder_with_an_authority_for_every_name_gets_others_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("unlimited")
    (tmp_path / "ca-key.pem").write_text("its key")
    made = certificates.authorities(tmp_path, ("www.example.com",), NOW)
    assert made.domains is not None
    assert not (tmp_path / "ca-key.pem").exists()
    both = made.localhost.certificate_pem() + made.domains.certificate_pem()
    assert certificates.ca_file(tmp_path).read_bytes() == both
