import pytest

from machsh.errors import MachshError
from machsh.provision.cert_steps import fingerprint
from machsh.provision.facts import COMMON_FACTS, PROBES, gather, probe, properties
from machsh.ssh.target import Completed
from tests.support.runners import Local, Scripted


def test_every_fact_comes_in_one_round_trip(tmp_path):
    file = tmp_path / "it's a file"
    file.write_text("one\n\n@@two@@\n")
    file.chmod(0o640)
    names = (
        f"file:{file}",
        f"hash:{file}",
        f"file:{tmp_path}/missing",
        f"hash:{tmp_path}/missing",
        "arch",
        "arch",
    )
    facts = gather(Local(), names)
    assert facts[f"file:{file}"] == "one\n\n@@two@@"
    assert facts[f"hash:{file}"] == fingerprint("one\n\n@@two@@\n", 0o640)
    assert facts[f"file:{tmp_path}/missing"] == facts[f"hash:{tmp_path}/missing"] == ""
    assert facts["arch"]


def test_every_common_fact_is_answered_here_and_nothing_is_written(tmp_path):
    assert set(gather(Local(), COMMON_FACTS)) == set(COMMON_FACTS)


@pytest.mark.parametrize("name", PROBES)
def test_every_probe_is_valid_shell(name):
    assert Local().run(["sh", "-n", "-c", probe(name)]).code == 0


def test_an_unknown_fact_is_refused():
    with pytest.raises(MachshError, match='No fact is named "nothing"'):
        probe("nothing")


def test_a_host_without_sh_says_so():
    with pytest.raises(MachshError, match=r"exit code 1.*account is not available") as caught:
        gather(Scripted(Completed(1, "This account is not available.", "")), ["arch"])
    assert caught.value.hint


def test_properties():
    assert properties("A=1\nB=x=y\nbroken\n") == {"A": "1", "B": "x=y"}
