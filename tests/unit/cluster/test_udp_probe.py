"""What hosts heard of each other's UDP packets."""

from machsh.cluster.udp_probe import PORTS, UdpAnswer, read_heard, udp_warnings

NAMES = ["a", "b"]


def heard(name, *others, taken=()):
    return UdpAnswer(name, frozenset((other, port) for other in others for port in PORTS), taken)


def test_an_answer_is_read_and_what_is_no_part_of_it_is_left_out():
    text = "heard 1 7946\ntaken 4789\nheard 9 7946\nheard x 7946\nheard 1\nnoise\n\n"
    assert read_heard("a", text, NAMES) == UdpAnswer("a", frozenset({("b", 7946)}), (4789,))
    assert read_heard("a", "nothing\n", NAMES) == UdpAnswer("a", was_asked=False)


def test_hosts_that_hear_each_other_give_no_warning():
    assert udp_warnings([heard("a", "b"), heard("b", "a")]) == []


def test_each_direction_that_is_closed_is_named():
    found = udp_warnings([heard("a"), heard("b", "a")])
    assert [text.partition(":")[0] for text in found] == [
        f'{port}/udp from "b" does not arrive at "a"' for port in PORTS
    ]


def test_of_a_port_in_use_nothing_is_said():
    assert udp_warnings([heard("a", taken=PORTS), heard("b")]) == []


def test_hosts_that_cannot_listen_are_named():
    (found,) = udp_warnings([heard("a"), UdpAnswer("b", was_asked=False)])
    assert found.startswith("7946/udp and 4789/udp were not asked of b: ")
