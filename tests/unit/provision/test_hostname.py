import pytest

from machsh.provision.hostname import steps, with_name


@pytest.mark.parametrize(
    ("hosts", "result"),
    [
        ("", "127.0.0.1 localhost\n127.0.1.1 m1\n"),
        ("127.0.0.1 localhost\n", "127.0.0.1 localhost\n127.0.1.1 m1\n"),
        ("127.0.1.1 old.example old\n::1 localhost", "127.0.1.1 m1\n::1 localhost\n"),
        ("127.0.1.15 x", "127.0.1.15 x\n127.0.1.1 m1\n"),
    ],
)
def test_with_name(hosts, result):
    assert with_name(hosts, "m1") == result


def test_a_host_that_has_its_name_is_left_alone():
    facts = {
        "hostname": "m1.example.org",
        "file:/etc/hostname": "m1",
        "file:/etc/hosts": "10.0.0.1 m1.example.org m1",
    }
    assert steps(facts, "m1") == []
    assert steps({}, "") == []


def test_a_name_in_a_comment_does_not_count():
    facts = {"hostname": "m1", "file:/etc/hostname": "m1", "file:/etc/hosts": "127.0.0.1 localhost # m1"}
    assert [step.file for step in steps(facts, "m1")] == ["/etc/hosts"]
