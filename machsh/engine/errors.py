"""Errors of connections to an engine, and the translation of OpenSSL's errors into Go's messages."""

from __future__ import annotations

import ipaddress

from machsh.errors import MachshError

REGENERATE = "make new certificates: machsh regenerate-certs NAME"


class UnreachableError(MachshError):
    """The engine cannot be connected to. `refused` is true if nothing listens at that address."""

    def __init__(self, message: str, *, hint: str = "", refused: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.refused = refused


class WrongNameError(UnreachableError):
    """The certificate is trusted, but not valid for the host that was dialled."""


_VERIFY = {
    9: "x509: certificate has expired or is not yet valid",
    10: "x509: certificate has expired or is not yet valid",
    18: "x509: certificate signed by unknown authority",
    19: "x509: certificate signed by unknown authority",
    20: "x509: certificate signed by unknown authority",
    21: "x509: certificate signed by unknown authority",
    7: "x509: certificate signed by unknown authority",
    24: "x509: certificate signed by unknown authority",
    26: "x509: certificate specifies an incompatible key usage",
}
"""OpenSSL's verification code -> Go's message."""

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


def explain(error: OSError, host: str) -> UnreachableError:
    """Translate a socket or ssl error into an UnreachableError with Go's message."""
    import ssl  # late: loading it takes 15 ms, and local sockets do not need it

    if isinstance(error, TimeoutError):
        return UnreachableError(
            "tls: DialWithDialer timed out", hint="the port is open but the engine is silent: look at its log"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _WRONG_NAME:
            return WrongNameError(wrong_name(host, ()), hint=REGENERATE)
        text = _VERIFY.get(error.verify_code, f"x509: {error.verify_message}")
        return UnreachableError(text, hint=REGENERATE)
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        return UnreachableError(_REASONS.get(reason, f"tls: {reason}"), hint=REGENERATE)
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
