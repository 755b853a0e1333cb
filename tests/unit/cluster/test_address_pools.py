"""Pools of overlay networks against what hosts have routes to."""

from ipaddress import IPv4Network

import pytest

from machsh.cluster.address_pools import (
    DEFAULT_POOLS,
    Addressing,
    chosen,
    free_pool,
    network_of,
    refusal,
    taken,
)
from machsh.errors import UsageError


def routes(**networks):
    return {name: tuple(map(IPv4Network, found)) for name, found in networks.items()}


def test_hosts_elsewhere_leave_the_pool_free():
    assert refusal(DEFAULT_POOLS, routes(a=["192.168.1.0/24"], b=["172.17.0.0/16"])) is None


def test_a_taken_pool_is_refused_with_one_that_is_free():
    found = refusal(DEFAULT_POOLS, routes(a=["10.1.0.0/16", "172.22.0.0/16"], b=["192.168.1.0/24"]))
    assert str(found) == (
        "overlay networks would take addresses of 10.0.0.0/8, and a has routes to 10.1.0.0/16"
    )
    assert found.hint.startswith("choose another one: --default-addr-pool 172.24.0.0/13; or keep it: ")
    assert found.code == 3


def test_where_no_pool_is_free_none_is_offered():
    everything = routes(a=["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"])
    assert free_pool(everything) == ""
    assert "--default-addr-pool NETWORK" in refusal(DEFAULT_POOLS, everything).hint


def test_what_is_taken_is_named_for_each_machine():
    assert taken(["10.0.0.0/8", "172.16.0.0/12"], routes(a=["172.17.0.0/16"], b=["10.0.0.5/32"], c=[])) == [
        "a has routes to 172.17.0.0/16",
        "b has routes to 10.0.0.5/32",
    ]


def test_the_users_pools_are_chosen_and_a_mask_alone_chooses_none():
    assert chosen(["172.20.0.0/14"], 26) == Addressing(("172.20.0.0/14",), 26, is_chosen=True)
    assert chosen([], 26) == Addressing(DEFAULT_POOLS, 26, is_chosen=False)


@pytest.mark.parametrize(
    ("pools", "bits", "said"),
    [
        (["10.1.0.0/8"], 24, "has host bits set"),
        (["fd00::/64"], 24, "--default-addr-pool: "),
        (["x"], 24, "--default-addr-pool: "),
        (["10.0.0.0/25"], 24, "is smaller than a network of it"),
        (["10.0.0.0/8"], 31, "is not between 1 and 29"),
    ],
)
def test_wrong_pools_are_refused(pools, bits, said):
    with pytest.raises(UsageError, match=said):
        chosen(pools, bits)


@pytest.mark.parametrize("text", ["default", "0.0.0.0/0", "fd00::/64", "blackhole", ""])
def test_routes_to_everywhere_and_other_words_are_no_networks(text):
    assert network_of(text) is None
