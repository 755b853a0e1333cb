"""The reader of a certificate's end, held to cryptography."""

from datetime import UTC, datetime

import pytest

from machsh.certs import signing, validity
from machsh.certs.expiry import end_of
from machsh.certs.spec import CertificateSpec

NOW = datetime(2026, 11, 28, 12, 0, 30, tzinfo=UTC).timestamp()


def pair(kind="ecdsa", days=10, now=NOW, common_name=""):
    return signing.authority("tester", CertificateSpec(kind=kind, days=days), now, common_name)


@pytest.mark.parametrize("kind", ["ecdsa", "rsa2048"])
@pytest.mark.parametrize("days", [10, 9_000, 30_000])  # ten years, after 2050, after 2100
def test_the_end_is_cryptographys(kind, days):
    made = pair(kind, days)
    assert end_of(made.certificate_pem) == validity.of_certificate(made.certificate).not_after.timestamp()


def test_the_first_of_several_is_read_and_a_key_before_it_is_passed_over():
    first, second = pair(), pair(days=9_000)
    content = first.private_pem + first.certificate_pem + second.certificate_pem
    assert end_of(content) == validity.of_certificate(first.certificate).not_after.timestamp()


def test_issuers_of_any_length_are_passed_over():
    made = pair(common_name="x" * 60)
    assert end_of(made.certificate_pem) == validity.of_certificate(made.certificate).not_after.timestamp()


def test_what_is_no_certificate_is_refused_without_a_crash():
    whole = pair().certificate_pem
    for length in range(0, len(whole) - 30, 7):
        with pytest.raises(ValueError, match=r"^"):
            end_of(whole[:length])


def test_any_bytes_are_refused_or_give_a_time():
    whole = bytearray(pair().certificate_pem)
    for at in range(28, len(whole) - 28):
        changed = bytes([*whole[:at], whole[at] ^ 5, *whole[at + 1 :]])
        try:
            assert isinstance(end_of(changed), float)
        except (ValueError, OverflowError):
            continue
