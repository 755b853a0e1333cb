"""Encrypted files: read by age's own implementation, and every change of them found."""

import io

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machsh.age.age_keys import MOST_WORK, Identity, Passphrase, Recipient
from machsh.age.age_stream import CHUNK, DecryptingReader, EncryptingWriter
from machsh.age.bech32 import decode
from machsh.age.errors import DamagedFileError, WrongKeyError
from machsh.errors import MachshError, UsageError

EASY = 4
"""So little work for scrypt that tests are quick."""
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7]


def content(size):
    return bytes(index * 7 % 251 for index in range(size))


def encrypted(plain, *keys):
    file = io.BytesIO()
    writer = EncryptingWriter(file, keys or [Passphrase("häns", EASY)])
    for at in range(0, len(plain), 10_000):
        writer.write(plain[at : at + 10_000])
    writer.finish()
    return file.getvalue()


def decrypted(sealed, *keys):
    return DecryptingReader(io.BytesIO(sealed), keys or [Passphrase("häns")]).readall()


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_is_read_by_us_and_by_age(size):
    plain = content(size)
    sealed = encrypted(plain)
    assert decrypted(sealed) == plain
    assert pyrage.passphrase.decrypt(sealed, "häns") == plain


@pytest.mark.parametrize("size", SIZES)
def test_recipients_work_in_both_directions(size):
    person, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    plain = content(size)
    keys = [Recipient.of_text(str(one.to_public())) for one in (other, person)]
    assert pyrage.decrypt(encrypted(plain, *keys), [person]) == plain
    sealed = pyrage.encrypt(plain, [person.to_public(), other.to_public()])
    assert decrypted(sealed, Identity.of_text(str(other))) == plain


def test_ages_own_files_with_a_passphrase_are_read():
    assert decrypted(pyrage.passphrase.encrypt(b"plain", "häns")) == b"plain"


def test_wrong_keys():
    sealed = encrypted(b"plain")
    with pytest.raises(WrongKeyError, match="The passphrase is wrong"):
        decrypted(sealed, Passphrase("hans"))
    person = pyrage.x25519.Identity.generate()
    for_other = encrypted(b"plain", Recipient.of_text(str(pyrage.x25519.Identity.generate().to_public())))
    for keys in ([Identity.of_text(str(person))], [Passphrase("x")]):
        with pytest.raises(WrongKeyError, match="encrypted for other keys"):
            decrypted(for_other, *keys)


@pytest.mark.parametrize("size", [5, CHUNK, 2 * CHUNK + 3])
def test_a_file_cut_anywhere_is_found(size):
    sealed = encrypted(content(size))
    payload = sealed.index(b"\n", sealed.index(b"\n--- ") + 1) + 1
    cuts = {1, 25, payload - 1, payload, payload + 15, payload + 16, payload + 17, len(sealed) - 1}
    cuts |= set(range(payload + 16, len(sealed), CHUNK + 16))
    for cut in cuts:
        with pytest.raises(DamagedFileError):
            decrypted(sealed[:cut])


def test_chunks_in_another_order_are_found():
    sealed = encrypted(content(3 * CHUNK + 3))
    start = len(sealed) - 3 * (CHUNK + 16) - 3 - 16
    one, two = sealed[start : start + CHUNK + 16], sealed[start + CHUNK + 16 : start + 2 * (CHUNK + 16)]
    with pytest.raises(DamagedFileError):
        decrypted(sealed[:start] + two + one + sealed[start + 2 * (CHUNK + 16) :])


def test_bytes_after_the_end_are_found():
    for more in (b"x", bytes(CHUNK)):
        with pytest.raises(DamagedFileError):
            decrypted(encrypted(content(100)) + more)


SEALED = encrypted(content(300))


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_a_changed_byte_is_never_accepted(place, change):
    changed = bytearray(SEALED)
    changed[place] ^= change
    with pytest.raises(MachshError):
        decrypted(bytes(changed))


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused_with_a_message(tail):
    for begin in (
        b"age-encryption.org/v1\n",
        b"age-encryption.org/v1\n-> scrypt ",
        b"age-encryption.org/v1\n-> X25519 a\n",
    ):
        with pytest.raises(MachshError):
            decrypted(begin + tail)


def test_a_newer_version_is_told():
    with pytest.raises(MachshError, match="newer than 1"):
        decrypted(SEALED.replace(b"org/v1\n", b"org/v2\n", 1))


def test_a_file_cannot_order_more_work_than_a_computer_has():
    sealed = SEALED.replace(b" 4\n", f" {MOST_WORK + 1}\n".encode(), 1)
    with pytest.raises(MachshError, match=r"2\^20 are accepted"):
        decrypted(sealed)


def test_a_passphrase_beside_other_keys_is_no_age_file():
    person = pyrage.x25519.Identity.generate()
    sealed = encrypted(b"plain", Passphrase("häns", EASY), Recipient.of_text(str(person.to_public())))
    with pytest.raises(DamagedFileError):
        decrypted(sealed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "age1",
        "age1qqqq",
        "age1" + "q" * 58,
        "AGE-SECRET-KEY-1QQQ",
        "ann",
        "age1" + "q" * 500,
        "äge1q",
        "1",
    ],
)
def test_what_is_no_recipient_is_refused(text):
    with pytest.raises(UsageError, match="no age recipient"):
        Recipient.of_text(text)


def test_one_wrong_letter_in_a_key_is_found():
    text = str(pyrage.x25519.Identity.generate().to_public())
    for place in range(4, len(text)):
        wrong = text[:place] + ("q" if text[place] != "q" else "p") + text[place + 1 :]
        with pytest.raises(UsageError):
            Recipient.of_text(wrong)


def test_keys_are_read_in_one_case_only():
    text = str(pyrage.x25519.Identity.generate())
    assert decode(text) == decode(text.lower())
    with pytest.raises(ValueError, match="case"):
        decode(text[:20] + text[20:].lower())
