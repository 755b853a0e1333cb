"""Errors of connections to an engine, and the translation of OpenSSL's errors into Go's messages."""

from __future__ import annotations

import ipaddress

from machsh.errors import MachshError

RENEW = "make new certificates: machsh certs renew NAME"
_EXPIRED = "the engine's certificate has expired: machsh certs renew NAME"
_EARLY = "a clock is wrong: compare `date` here with: machsh ssh NAME date"
_FOREIGN = "another authority made the engine's certificate: machsh certs renew NAME"
MOVED = "the machine's address has changed: machsh certs renew NAME"
_CLIENT_EXPIRED = (
    "the client certificate has expired, or the engine's clock is wrong: machsh certs renew --client"
)
_CLIENT_FOREIGN = "the engine trusts another authority: machsh certs renew NAME"


class UnreachableError(MachshError):
    """The engine cannot be connected to. `refused` is true if nothing listens at that address."""

    def __init__(self, message: str, *, hint: str = "", refused: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.refused = refused


class WrongNameError(UnreachableError):
    """The certificate is trusted, but not valid for the host that was dialled."""


_OUT_OF_DATE = "x509: certificate has expired or is not yet valid"
_UNKNOWN = "x509: certificate signed by unknown authority"
_VERIFY = {
    9: (_OUT_OF_DATE, _EARLY),
    10: (_OUT_OF_DATE, _EXPIRED),
    **dict.fromkeys((7, 18, 19, 20, 21, 24), (_UNKNOWN, _FOREIGN)),
    26: ("x509: certificate specifies an incompatible key usage", RENEW),
}
"""OpenSSL's verification code -> Go's message, and the remedy."""

_WRONG_NAME = (62, 64)

_REASONS = {
    "TLSV1_ALERT_UNKNOWN_CA": "remote error: tls: unknown certificate authority",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "remote error: tls: certificate required",
    "SSLV3_ALERT_BAD_CERTIFICATE": "remote error: tls: bad certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "remote error: tls: expired certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "remote error: tls: unknown certificate",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "remote error: tls: handshake failure",
    "TLSV1_ALERT_PROTOCOL_VERSION": "remote error: tls: protocol version not supported",
    "WRONG_VERSION_NUMBER": "tls: first record does not look like a TLS handshake",
    "HTTP_REQUEST": "tls: first record does not look like a TLS handshake",
    "UNEXPECTED_EOF_WHILE_READING": "EOF",
}
"""OpenSSL's reason -> Go's message."""

_REMEDIES = {
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": _CLIENT_EXPIRED,
    **dict.fromkeys(("TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_BAD_CERTIFICATE"), _CLIENT_FOREIGN),
}
"""OpenSSL's reason -> the remedy, where it is another than new certificates for the machine."""


def explain(error: OSError, host: str) -> UnreachableError:
    """Translate a socket or ssl error into an UnreachableError with Go's message."""
    import ssl  # late: loading it takes 15 ms, and local sockets do not need it

    if isinstance(error, TimeoutError):
        return UnreachableError(
            "tls: DialWithDialer timed out", hint="the port is open but the engine is silent: look at its log"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _WRONG_NAME:
            return WrongNameError(wrong_name(host, ()), hint=MOVED)
        text, hint = _VERIFY.get(error.verify_code, (f"x509: {error.verify_message}", RENEW))
        return UnreachableError(text, hint=hint)
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        return UnreachableError(_REASONS.get(reason, f"tls: {reason}"), hint=_REMEDIES.get(reason, RENEW))
    return UnreachableError((error.strerror or str(error)).lower())


def wrong_name(host: str, shown: tuple[str, ...]) -> str:
    """Return Go's message for a certificate that is not valid for `host`.

    `shown` are the certificate's names of the host's kind: IP addresses or DNS names.
    """
    if shown:
        return f"x509: certificate is valid for {', '.join(shown)}, not {host}"
    if is_address(host):
        return f"x509: cannot validate certificate for {host} because it doesn't contain any IP SANs"
    return f"x509: certificate is not valid for any names, but wanted to match {host}"


def is_address(host: str) -> bool:
    """Whether the host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
