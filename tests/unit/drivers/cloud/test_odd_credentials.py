"""A token that no header can carry is refused where it was found, without being shown."""

import pytest

from machsh.drivers.cloud.credential_search import CredentialPlace, find_credential
from machsh.errors import UsageError
from machsh.validators import TEXT

PLACES = [CredentialPlace("CLOUD_TOKEN", lambda: "other")]


@pytest.mark.parametrize(
    "value", ["sec\nret", "sec ret", "s\u00e9cret", "s\u0435cret", "s\udcffcret", "sec\0ret", "s" * 70_000]
)
def test_a_token_that_is_no_word_is_refused(value):
    places = [CredentialPlace("ODD_TOKEN", lambda: value), *PLACES]
    with pytest.raises(UsageError) as caught:
        find_credential(places, "token for a cloud", "make one")
    assert str(caught.value) == "the token for a cloud of ODD_TOKEN is not one word of ASCII characters"
    assert value[-3:] not in f"{caught.value} {caught.value.hint}"


def test_white_space_around_a_token_is_no_part_of_it():
    assert (
        find_credential([CredentialPlace("T", lambda: " secret\r\n")], "token", "make one").value == "secret"
    )


def test_a_password_may_have_any_characters():
    places = [CredentialPlace("T", lambda: "p\u00e4ss word")]
    assert find_credential(places, "password", "make one", TEXT).value == "p\u00e4ss word"
