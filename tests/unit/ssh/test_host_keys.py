import base64
import hmac
import threading

import pytest

from machsh.ssh import host_keys
from machsh.ssh.errors import HostKeyChangedError
from machsh.ssh.target import Target

KIND = "ssh-ed25519"


def target(tmp_path, **changes):
    return Target(**{"host": "192.0.2.1", "known_hosts": tmp_path / "known_hosts", **changes})


def test_the_first_key_is_pinned_and_then_expected(tmp_path):
    host_keys.check(target(tmp_path), KIND, b"one")
    host_keys.check(target(tmp_path), KIND, b"one")
    line = f"192.0.2.1 ssh-ed25519 {base64.b64encode(b'one').decode()}\n"
    assert (tmp_path / "known_hosts").read_text() == line


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "192.0.2.1"),
        ({"port": 2222}, "[192.0.2.1]:2222"),
        ({"host": "fe80::1"}, "fe80::1"),
        ({"host": "fe80::1", "port": 2222}, "[fe80::1]:2222"),
    ],
)
def test_names_are_those_of_openssh(tmp_path, changes, name):
    assert host_keys.name_of(target(tmp_path, **changes)) == name


def test_another_key_is_refused_and_the_file_left_alone(tmp_path):
    host_keys.check(target(tmp_path), KIND, b"one")
    before = (tmp_path / "known_hosts").read_bytes()
    with pytest.raises(HostKeyChangedError) as caught:
        host_keys.check(target(tmp_path), "ssh-rsa", b"two")
    assert str(caught.value) == (
        "the host key of root@192.0.2.1:22 has changed: "
        "pinned ED25519 SHA256:dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z/0Me0, "
        "now RSA SHA256:P8TM/nRYcOLA2Z9x8w/wZWyN7dQcwdfT03aw2+aF4vM"
    )
    assert caught.value.hint.endswith(f"remove {tmp_path / 'known_hosts'}")
    assert (tmp_path / "known_hosts").read_bytes() == before


def test_the_remedy_names_the_line_when_others_stand_in_the_file(tmp_path):
    key = base64.b64encode(b"one").decode()
    (tmp_path / "known_hosts").write_text(f"# mine\nother ssh-rsa {key}\n\n192.0.2.1 {KIND} {key}\n")
    with pytest.raises(HostKeyChangedError) as caught:
        host_keys.check(target(tmp_path), KIND, b"two")
    assert caught.value.hint.endswith(f"remove line 4 of {tmp_path / 'known_hosts'}")


def test_a_new_address_of_the_same_machine_is_noted(tmp_path):
    host_keys.check(target(tmp_path), KIND, b"one")
    moved = target(tmp_path, host="192.0.2.9")
    assert host_keys.alias(moved) == "192.0.2.1"
    host_keys.check(moved, KIND, b"one")
    assert host_keys.alias(moved) == ""
    assert [pin.names for pin in host_keys.read(tmp_path / "known_hosts")] == [("192.0.2.1",), ("192.0.2.9",)]


def test_a_new_address_with_another_key_is_refused(tmp_path):
    host_keys.check(target(tmp_path), KIND, b"one")
    with pytest.raises(HostKeyChangedError):
        host_keys.check(target(tmp_path, host="192.0.2.9"), KIND, b"two")


def test_nothing_is_pinned_without_a_file():
    host_keys.check(Target("192.0.2.1"), KIND, b"one")
    host_keys.check(Target("192.0.2.1"), KIND, b"two")


def test_lines_that_are_no_key_are_passed_over(tmp_path):
    (tmp_path / "known_hosts").write_text("\n# note\n@revoked x ssh-rsa AAAA\nhost ssh-rsa !!\nshort line\n")
    assert host_keys.read(tmp_path / "known_hosts") == []


def test_a_file_without_a_last_newline_is_continued(tmp_path):
    (tmp_path / "known_hosts").write_text(f"a {KIND} {base64.b64encode(b'one').decode()}")
    host_keys.check(target(tmp_path), KIND, b"one")
    assert [pin.names for pin in host_keys.read(tmp_path / "known_hosts")] == [("a",), ("192.0.2.1",)]


def test_first_contacts_at_once_agree_on_one_key(tmp_path):
    refused = []

    def meet(number):
        try:
            host_keys.check(target(tmp_path), KIND, b"%d" % (number % 2))
        except HostKeyChangedError:
            refused.append(number)

    threads = [threading.Thread(target=meet, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({pin.blob for pin in host_keys.read(tmp_path / "known_hosts")}) == 1
    assert len(refused) == 5


def test_a_hashed_name_is_no_alias(tmp_path):
    key = base64.b64encode(b"one").decode()
    (tmp_path / "known_hosts").write_text(f"|1|c2FsdA==|aGFzaA== {KIND} {key}\n")
    assert host_keys.alias(target(tmp_path)) == ""
    host_keys.check(target(tmp_path), KIND, b"one")


def test_the_remedy_for_a_machine_is_the_command_that_pins_anew(tmp_path):
    host_keys.check(target(tmp_path), KIND, b"one")
    with pytest.raises(HostKeyChangedError) as caught:
        host_keys.check(target(tmp_path, machine="web"), KIND, b"two")
    assert caught.value.hint.endswith("machsh trust web")


def test_a_replaced_pin_is_the_only_one(tmp_path):
    host_keys.check(target(tmp_path), KIND, b"one")
    host_keys.replace(target(tmp_path), host_keys.Pin(("192.0.2.1",), "ssh-rsa", b"two"))
    assert [(pin.kind, pin.blob) for pin in host_keys.read(tmp_path / "known_hosts")] == [("ssh-rsa", b"two")]


def test_the_users_own_file_knows_a_host_by_plain_and_by_hashed_names(tmp_path):
    salt, name = b"0123456789abcdefghij", "[192.0.2.1]:2222"
    digest = base64.b64encode(hmac.new(salt, name.encode(), "sha1").digest()).decode()
    keys = [base64.b64encode(one).decode() for one in (b"one", b"two", b"three", b"four")]
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(
        f"192.0.2.1 {KIND} {keys[0]}\n"
        f"|1|{base64.b64encode(salt).decode()}|{digest} {KIND} {keys[1]}\n"
        f"other,{name} {KIND} {keys[2]}\n"
        f"|1|!|? {KIND} {keys[3]}\n|1|x {KIND} {keys[3]}\n@revoked {name} {KIND} {keys[3]}\n"
    )
    known = host_keys.known_to_user(Target("192.0.2.1", port=2222), tmp_path)
    assert [(pin.names, pin.blob) for pin in known] == [((name,), b"two"), ((name,), b"three")]
    assert [pin.blob for pin in host_keys.known_to_user(Target("192.0.2.1"), tmp_path)] == [b"one"]
    assert host_keys.known_to_user(Target("192.0.2.1"), tmp_path / "elsewhere") == []
