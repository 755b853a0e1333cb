"""What hosts answer before a cluster is made."""

from ipaddress import IPv4Network
from types import SimpleNamespace

import pytest

from machsh.cluster.node_checks import HostAnswer, check_hosts, read_answer, refusals, warnings
from machsh.errors import MachshError, RefusedError
from machsh.ssh.target import Completed
from machsh.testing.fakes import RecordingProgress

GOOD = {"has_ip_vs": True, "has_vxlan": True}


def test_an_answer_is_read():
    text = "1700000000.25\nweb\nip_vs\nvxlan\nmtu 1400\nroute default\nroute 10.1.0.0/16\n"
    text += "192.0.2.2/2377 ok\n192.0.2.2/7946 filtered\n"
    assert read_answer("web", text) == HostAnswer(
        "web",
        1700000000.25,
        "web",
        True,
        True,
        filtered=("192.0.2.2/7946",),
        mtu=1400,
        routes=(IPv4Network("10.1.0.0/16"),),
    )


def test_an_mtu_that_is_not_known_is_none():
    assert read_answer("web", "1700000000\nweb\n\n\nmtu \n").mtu == 0


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


def mtus(*values):
    return [
        HostAnswer(name, 10.0, name, mtu=value, **GOOD) for name, value in zip("abc", values, strict=False)
    ]


@pytest.mark.parametrize("values", [(1500, 1500), (9000, 9000), (1500, 0), (0, 0)])
def test_hosts_of_one_usual_mtu_give_no_warning(values):
    assert warnings(mtus(*values)) == []


def test_a_small_mtu_is_warned_of_with_the_option_to_give():
    (found,) = warnings(mtus(1500, 1400))
    assert found.startswith("the MTU of the hosts (a 1500, b 1400) is below what overlay networks need")
    assert found.endswith("-o com.docker.network.driver.mtu=1350")


def test_mtus_that_differ_are_warned_of():
    (found,) = warnings(mtus(9000, 1500))
    assert found.endswith("overlay networks must not have more than 1450")


class Host:
    """A machine whose host answers the two questions: what it is, and of whom it has heard by UDP."""

    def __init__(self, name, heard="", *, is_reachable=True):
        self.name, self.heard, self.is_reachable, self.asked = name, heard, is_reachable, []
        self.driver = SimpleNamespace(ssh_target=lambda: "here")

    def ip(self):
        return f"10.1.0.{self.name[-1]}"

    def runner(self):
        return self

    def run(self, words, *, seconds):
        if not self.is_reachable:
            raise MachshError("no route to host")
        is_udp = "perl" in words[2]
        self.asked.append("udp" if is_udp else "host")
        said = self.heard if is_udp else f"1\n{self.name}\nip_vs\nvxlan\nroute 10.9.0.0/16\n"
        return Completed(0, said, "")


def test_machines_of_the_cluster_take_part_in_the_question_for_udp_alone():
    new, there, away = (
        Host("new1", "heard 1 7946\n"),
        Host("old2", "heard 0 7946\nheard 0 4789\n"),
        Host("old3", is_reachable=False),
    )
    progress = RecordingProgress()
    members = {"old2": there.ip(), "old3": away.ip()}
    assert list(check_hosts([new], members, progress, [there, away])) == ["new1"]
    assert (sorted(new.asked), there.asked) == (["host", "udp"], ["udp"])
    said = [text.partition(":")[0] for text in progress.texts("warning")]
    assert said == [
        '4789/udp from "old2" does not arrive at "new1"',
        "7946/udp and 4789/udp were not asked of old3",
    ]


def test_a_new_machine_that_cannot_be_asked_is_refused_by_name():
    with pytest.raises(RefusedError, match='"new1": no route to host'):
        check_hosts([Host("new1", is_reachable=False), Host("new2")], {}, RecordingProgress())
