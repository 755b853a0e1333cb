"""Whether an engine's other clients need new certificates after its own are replaced."""

import pytest

from machsh.provision.cert_steps import fingerprint, is_foreign
from machsh.provision.provisioner import EngineSpec


def certificate(text):
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"


NEW, FORMER, OTHER = map(certificate, ("bmV3", "Zm9ybWVy", "b3RoZXI="))


@pytest.mark.parametrize(
    ("had", "gets", "expected"),
    [
        ("", NEW, False),
        (NEW, NEW, False),
        (OTHER, NEW, True),
        (FORMER, NEW + FORMER, False),
        (OTHER, NEW + FORMER, True),
        (NEW + FORMER, NEW, True),
    ],
    ids=["none", "same", "other", "both follow the former", "both follow another", "the former goes"],
)
def test_clients_of_an_authority_that_is_trusted_no_more_need_new_ones(had, gets, expected):
    facts = {"hash:/x/ca.pem": fingerprint(had, 0o644)} if had else {}
    spec = EngineSpec("m1", "generic", authority_pem=gets, server_pem="SERVER", server_key_pem="KEY")
    assert is_foreign(facts, spec, "/x") is expected
