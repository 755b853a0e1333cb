import stat

import pytest

from machsh.errors import MachshError
from machsh.ssh.errors import PassphraseError
from machsh.ssh.keys import check_mode, load, make_key_pair
from machsh.testing.fakes import ScriptedAsk


@pytest.mark.parametrize(("kind", "prefix"), [("ed25519", "ssh-ed25519 "), ("rsa", "ssh-rsa ")])
def test_a_pair_is_made_private_and_in_openssh_form(tmp_path, kind, prefix):
    line = make_key_pair(tmp_path / "id", kind=kind, comment="m1")
    assert line.startswith(prefix)
    assert line.endswith(" m1")
    assert (tmp_path / "id.pub").read_text() == f"{line}\n"
    assert (tmp_path / "id").read_text().startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("id", "id.pub")] == [0o600, 0o600]
    assert load(tmp_path / "id", ScriptedAsk()).get_base64() == line.split()[1]


def test_an_unknown_kind_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(MachshError, match="unknown kind of ssh key 'dsa'"):
        make_key_pair(tmp_path / "id", kind="dsa")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_told_as_docker_machine_does(tmp_path):
    with pytest.raises(MachshError, match=f"^stat {tmp_path}/id: no such file or directory$"):
        check_mode(tmp_path / "id")


@pytest.mark.parametrize(
    ("mode", "text"), [(0o644, "permissions 0644 for '{}' are too open"), (0o200, "'{}' is not readable")]
)
def test_a_file_open_to_others_or_closed_to_us_is_refused(tmp_path, mode, text):
    path = tmp_path / "id"
    make_key_pair(path)
    path.chmod(mode)
    with pytest.raises(MachshError) as caught:
        check_mode(path)
    assert str(caught.value) == text.format(path)
    assert caught.value.hint == f"chmod 600 {path}"


@pytest.mark.parametrize("content", ["nonsense", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END"])
def test_what_is_no_key_is_told(tmp_path, content):
    path = tmp_path / "id"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(MachshError, match="holds no private key"):
        load(path, ScriptedAsk())


def test_the_passphrase_is_asked_for_a_locked_key_only(tmp_path):
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ed25519

    key = ed25519.Ed25519PrivateKey.generate()
    locked = key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.BestAvailableEncryption(b"right")
    )
    path = tmp_path / "id"
    path.write_bytes(locked)
    path.chmod(0o600)
    assert load(path, ScriptedAsk(["right"])).get_name() == "ssh-ed25519"
    with pytest.raises(PassphraseError):
        load(path, ScriptedAsk(["wrong"]))
