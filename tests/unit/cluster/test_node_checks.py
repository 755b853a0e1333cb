"""What hosts answer before a cluster is made."""

import pytest

from machsh.cluster.node_checks import HostAnswer, read_answer, refusals, warnings
from machsh.errors import MachshError

GOOD = {"has_ip_vs": True, "has_vxlan": True}


def test_an_answer_is_read():
    text = "1700000000.25\nweb\nip_vs\nvxlan\n192.0.2.2/2377 ok\n192.0.2.2/7946 filtered\n"
    assert read_answer("web", text) == HostAnswer(
        "web", 1700000000.25, "web", True, True, ("192.0.2.2/7946",)
    )


@pytest.mark.parametrize("text", ["", "x\nweb\n\n\n", "1700000000\nweb\n"])
def test_a_cut_answer_is_an_error(text):
    with pytest.raises(MachshError, match="not whole"):
        read_answer("web", text)


def test_a_port_that_answers_nothing_is_refused_by_name():
    (found,) = refusals([HostAnswer("web", filtered=("192.0.2.2/2377",))], {"192.0.2.2": "db"})
    assert str(found) == '"web" does not reach port 2377 of "db" (192.0.2.2)'
    assert found.code == 3


def test_hosts_that_lack_nothing_give_no_warning():
    assert warnings([HostAnswer("a", 10.0, "a", **GOOD), HostAnswer("b", 39.0, "b", **GOOD)]) == []


def test_what_will_be_missed_is_said():
    answers = [HostAnswer("a", 10.0, "same"), HostAnswer("b", 100.0, "same", has_ip_vs=True)]
    assert [text.partition(":")[0] for text in warnings(answers)] == [
        "a, b have the same host name, same",
        "the machines' clocks are 90 s apart",
        "a has no IP_VS in the kernel",
        "a, b have no vxlan in the kernel",
    ]
