"""Keys and certificates, without files or sockets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES = ("localhost", "*.localhost", "127.0.0.1", "::1")
AUTHORITY_DAYS = 1095  # own: whoever trusts one does it again after about two years
SERVER_DAYS = 397  # what browsers accept at most (CA/Browser Forum, 2020)
RENEW_DAYS = 30  # own

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Scope:
    """What an authority may vouch for: `names` with all below them, and single `addresses`; nothing else."""

    called: str
    names: tuple[str, ...]
    addresses: tuple[str, ...] = ()

    def constraints(self) -> x509.NameConstraints:
        """RFC 5280, 4.2.1.10. A kind of name that is not mentioned would be allowed, so all addresses are refused."""
        permitted = [x509.DNSName(name) for name in self.names]
        addresses = [x509.IPAddress(ip_network(address)) for address in self.addresses]
        refused = None if addresses else [x509.IPAddress(ip_network(every)) for every in ("0.0.0.0/0", "::/0")]
        return x509.NameConstraints([*permitted, *addresses], refused)


LOCALHOST = Scope("localku local certificate authority", ("localhost",), ("127.0.0.1", "::1"))


def of_domains(names: Iterable[str]) -> Scope:
    """The scope of an authority for these domains; `*.example.com` needs `example.com`."""
    bases = {name.removeprefix("*.") for name in names}
    return Scope("localku certificate authority for domains", tuple(sorted(bases)))


@dataclass(frozen=True)
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def key_pem(self) -> bytes:
        return _key_pem(self.key)

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def has(self, scope: Scope) -> bool:
        """Whether it may vouch for exactly this."""
        try:
            found = self.certificate.extensions.get_extension_for_class(x509.NameConstraints)
        except x509.ExtensionNotFound:
            return False
        return found.critical and found.value == scope.constraints()

    def issue(self, names: tuple[str, ...], now: datetime) -> bytes:
        """A server's certificate for `names`, with its private key: PEM, as `load_cert_chain` reads it."""
        key = _new_key()
        days = timedelta(days=SERVER_DAYS)
        builder = _builder(_called("localku"), self.certificate.subject, key, now, days)
        builder = builder.add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        made = builder.sign(self.key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM) + _key_pem(key)


def new_authority(scope: Scope, now: datetime, key: ec.EllipticCurvePrivateKey | None = None) -> Authority:
    """With the `key` of an authority, what that one has signed is signed by the new one, too."""
    key = key or _new_key()
    name = _called(scope.called)
    builder = _builder(name, name, key, now, timedelta(days=AUTHORITY_DAYS))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(scope.constraints(), critical=True)
    return Authority(key, builder.sign(key, hashes.SHA256()))


def stored(key_file: Path, certificate_file: Path, now: datetime) -> Authority | None:
    """The authority in these files, whatever its scope; None if it is missing, damaged, or expires too soon."""
    try:
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    # A certificate must not outlive its authority.
    if certificate.not_valid_after_utc < now + timedelta(days=SERVER_DAYS):
        return None
    return Authority(key, certificate)


def still_good(file: Path, authority: Authority, names: tuple[str, ...], now: datetime) -> bool:
    """Whether `file` holds a certificate by `authority` for exactly `names` that lasts a while."""
    try:
        content = file.read_bytes()
        certificate = x509.load_pem_x509_certificate(content)
        key = serialization.load_pem_private_key(content, None)
        certificate.verify_directly_issued_by(authority.certificate)
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        key.public_key() == certificate.public_key()
        and list(found) == [_name(one) for one in names]
        and certificate.not_valid_before_utc <= now
        and certificate.not_valid_after_utc >= now + timedelta(days=RENEW_DAYS)
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)  # clocks in containers and virtual machines lag
        .not_valid_after(now + lasts - _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
