"""Signs the three kinds of certificates, with the subjects and extensions that docker-machine uses.

This module loads cryptography, which is slow: import it late.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from machsh.certs.spec import RSA_BITS, CertificateSpec

SKEW = timedelta(minutes=5)
"""Certificates are valid from this long ago, because the clock of a new machine may be slow."""

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    private: PrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as PEM (`CERTIFICATE`)."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def private_pem(self) -> bytes:
        """The private key as unencrypted PEM (`EC PRIVATE KEY` or `RSA PRIVATE KEY`)."""
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )


def authority(organisation: str, spec: CertificateSpec, now: float, common_name: str = "") -> Pair:
    """Make a self-signed certificate authority. `now` is in seconds since the epoch.

    A `common_name` tells it apart from another authority of this organisation that is trusted beside it.
    """
    private, name = _generate(spec), _name(organisation, common_name)
    builder = _begin(name, private, spec.authority_days, now).issuer_name(name)
    builder = builder.add_extension(_usage(may_sign=True, may_agree=True), critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    builder = builder.add_extension(identifier, critical=False)
    return Pair(builder.sign(private, hashes.SHA256()), private)


def client(organisation: str, spec: CertificateSpec, issuer: Pair, now: float, person: str = "") -> Pair:
    """Make a client certificate signed by `issuer`. `now` is in seconds since the epoch.

    `person` is its common name, by which engines with an authorization plugin know a client.
    """
    private = _generate(spec)
    builder = _begin(_name(organisation, person), private, spec.days, now)
    builder = builder.add_extension(_usage(), critical=True)
    return _issue(builder, private, issuer, [ExtendedKeyUsageOID.CLIENT_AUTH], ())


def server(
    organisation: str, spec: CertificateSpec, issuer: Pair, names: Iterable[str], now: float, is_swarm: bool
) -> Pair:
    """Make a server certificate for `names`, signed by `issuer`. `now` is in seconds since the epoch.

    If `is_swarm`, it is valid for TLS clients too.
    """
    private = _generate(spec)
    builder = _begin(_name(organisation), private, spec.days, now)
    builder = builder.add_extension(_usage(may_agree=True), critical=True)
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH]
    purposes += [ExtendedKeyUsageOID.CLIENT_AUTH] if is_swarm else []
    return _issue(builder, private, issuer, purposes, names)


def _issue(
    builder: x509.CertificateBuilder,
    private: PrivateKey,
    issuer: Pair,
    purposes: list[x509.ObjectIdentifier],
    names: Iterable[str],
) -> Pair:
    builder = builder.issuer_name(issuer.certificate.subject)
    builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    identifier = _authority_identifier(issuer.certificate)
    if identifier is not None:
        builder = builder.add_extension(identifier, critical=False)
    alternatives = alternative_names(names)
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return Pair(builder.sign(issuer.private, hashes.SHA256()), private)


def alternative_names(names: Iterable[str]) -> list[x509.GeneralName]:
    """Return the names as subject alternative names: DNS names, then IP addresses, without duplicates."""
    hosts: list[x509.GeneralName] = []
    addresses: list[x509.GeneralName] = []
    for name in dict.fromkeys(name for name in names if name):
        address = _address(name)
        if address is None:
            hosts.append(x509.DNSName(name if name.isascii() else name.encode("idna").decode()))
        else:
            addresses.append(x509.IPAddress(address))
    return hosts + addresses


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None


def _generate(spec: CertificateSpec) -> PrivateKey:
    bits = RSA_BITS.get(spec.kind)
    if bits:
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return ec.generate_private_key(ec.SECP256R1())


def _begin(subject: x509.Name, private: PrivateKey, days: int, now: float) -> x509.CertificateBuilder:
    start = datetime.fromtimestamp(now, UTC).replace(second=0, microsecond=0) - SKEW
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(private.public_key())
        .serial_number(secrets.randbelow(1 << 127) + 1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
    )


def _name(organisation: str, common_name: str = "") -> x509.Name:
    """Return a name with the organisation, and the common name if there is one."""
    attributes = [_attribute(NameOID.ORGANIZATION_NAME, organisation)]
    attributes += [_attribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    return x509.Name(attributes)


def _attribute(kind: x509.ObjectIdentifier, text: str) -> x509.NameAttribute[str]:
    """Return a part of a name, encoded as Go does: PrintableString, else UTF8String."""
    is_printable = _PRINTABLE.fullmatch(text)
    encoding = _ASN1Type.PrintableString if is_printable else _ASN1Type.UTF8String
    return x509.NameAttribute(kind, text, _type=encoding)


def _usage(*, may_sign: bool = False, may_agree: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=may_agree,
        key_agreement=may_agree,
        key_cert_sign=may_sign,
        content_commitment=False,
        data_encipherment=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier | None:
    """Return the issuer's key identifier; None if it has none, like authorities made by old Go programs."""
    try:
        found = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found.value)
