"""Files that are given as private keys: what is usable, what is not and what mends it, before anybody waits."""

import os
import subprocess

import pytest

from machsh.errors import MachshError
from machsh.ssh.errors import KeyFileError
from machsh.ssh.key_file import inspect
from machsh.ssh.keys import make_key_pair

KINDS = [
    ["-t", "ed25519"],
    ["-t", "ecdsa"],
    ["-t", "rsa", "-b", "2048"],
    ["-t", "rsa", "-b", "2048", "-m", "PEM"],
    ["-t", "ecdsa", "-m", "PEM"],
    ["-t", "rsa", "-b", "2048", "-m", "PKCS8"],
]


def keygen(path, *words):
    subprocess.run(["ssh-keygen", "-q", "-f", path, *words], check=True)
    return path


@pytest.mark.parametrize("words", KINDS, ids=" ".join)
@pytest.mark.parametrize("passphrase", ["", "secret"], ids=["open", "encrypted"])
def test_every_key_of_ssh_keygen_is_known_without_its_passphrase(tmp_path, words, passphrase):
    from base64 import b64decode

    key = keygen(tmp_path / "id", *words, "-N", passphrase)
    found = inspect(key)
    assert found.is_encrypted is bool(passphrase)
    assert found.public == b64decode((tmp_path / "id.pub").read_text().split()[1])


@pytest.mark.parametrize("words", KINDS[:3], ids=" ".join)
def test_openssh_keys_tell_their_public_half_alone(tmp_path, words):
    key = keygen(tmp_path / "id", *words, "-N", "secret")
    beside = inspect(key).public
    (tmp_path / "id.pub").unlink()
    assert inspect(key).public == beside != b""


def test_an_encrypted_pem_key_alone_does_not_tell_its_public_half(tmp_path):
    key = keygen(tmp_path / "id", "-t", "rsa", "-m", "PEM", "-N", "secret")
    (tmp_path / "id.pub").write_text("not base64 at all")
    assert inspect(key).public == b""


OTHERS = {
    "PuTTY": ("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "PuTTY's format", "puttygen"),
    "ssh.com": ("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n", "ssh.com", "ssh-keygen -i"),
    "public": ("ssh-ed25519 AAAA me@here\n", "is a public key", "no .pub at its end"),
    "public ecdsa": ("ecdsa-sha2-nistp256 AAAA me@here\n", "is a public key", ".pub"),
    "certificate": ("ssh-ed25519-cert-v01@openssh.com AAAA\n", "is a public key", ".pub"),
    "RFC 4716": ("---- BEGIN SSH2 PUBLIC KEY ----\n", "is a public key", ".pub"),
    "TLS certificate": ("-----BEGIN CERTIFICATE-----\nAAAA\n", "holds no private key", "ed25519"),
    "known_hosts": ("web ssh-ed25519 AAAA\n", "holds no private key", "ed25519"),
    "text": ("hello\n", "holds no private key", "ed25519"),
    "cut off": ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n", "holds no private key", "ed25519"),
    "empty": ("", "is empty", "private key's file"),
    "blank": ("\n \n", "is empty", "private key's file"),
}


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS)
def test_another_file_is_refused_with_what_it_is_and_the_remedy(tmp_path, content):
    text, says, remedy = content
    path = tmp_path / "id key"
    path.write_text(text)
    with pytest.raises(KeyFileError, match=says) as caught:
        inspect(path)
    assert remedy in caught.value.hint


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "id").write_bytes(bytes(range(256)) * 8)
    with pytest.raises(KeyFileError, match="holds no private key"):
        inspect(tmp_path / "id")


def test_a_public_key_names_the_private_one_beside_it(tmp_path):
    make_key_pair(tmp_path / "id")
    with pytest.raises(KeyFileError) as caught:
        inspect(tmp_path / "id.pub")
    assert caught.value.hint == f"give {tmp_path / 'id'}"


def test_what_is_no_readable_file_is_refused(tmp_path):
    with pytest.raises(KeyFileError, match="no such file"):
        inspect(tmp_path / "missing")
    with pytest.raises(KeyFileError, match="is a folder, not a private key"):
        inspect(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(KeyFileError, match="not a regular file"):
        inspect(tmp_path / "pipe")
    (tmp_path / "huge").write_bytes(b"x" * (2 << 20))
    with pytest.raises(MachshError, match="larger than"):
        inspect(tmp_path / "huge")


def test_a_file_of_somebody_else_is_told(tmp_path, monkeypatch):
    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("machsh.ssh.key_file.read_regular", refuse)
    with pytest.raises(KeyFileError, match="is not readable") as caught:
        inspect(tmp_path / "id")
    assert caught.value.hint == f"chmod 600 {tmp_path}/id"
