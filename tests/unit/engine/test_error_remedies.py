"""Each fault of a certificate has its own remedy, with docker-machine's message."""

import ssl

import pytest

from machsh.engine.errors import WrongNameError, explain


def verification(code):
    error = ssl.SSLCertVerificationError(1, "verify failed")
    error.verify_code, error.verify_message = code, "something"
    return error


def refusal(reason):
    error = ssl.SSLError(1, "alert")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("code", "text", "hint"),
    [
        (10, "has expired or is not yet valid", "has expired: machsh certs renew NAME"),
        (9, "has expired or is not yet valid", "machsh ssh NAME date"),
        (20, "signed by unknown authority", "another authority made"),
        (26, "incompatible key usage", "machsh certs renew NAME"),
        (999, "x509: something", "machsh certs renew NAME"),
    ],
)
def test_what_verification_found(code, text, hint):
    told = explain(verification(code), "192.0.2.7")
    assert text in str(told)
    assert hint in told.hint


def test_a_changed_address_is_told_apart_from_an_ended_certificate():
    told = explain(verification(64), "192.0.2.7")
    assert isinstance(told, WrongNameError)
    assert told.hint == "the machine's address has changed: machsh certs renew NAME"


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "machsh certs renew --client"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "trusts another authority: machsh certs renew NAME"),
        ("TLSV1_ALERT_UNKNOWN_CA", "trusts another authority: machsh certs renew NAME"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "make new certificates"),
    ],
)
def test_what_the_engine_refused(reason, hint):
    assert hint in explain(refusal(reason), "192.0.2.7").hint
