"""The user's proxies as a guest reaches them."""

import pytest

from machsh.drivers.guest.web_proxies import has_local_proxy, proxies_of_guest


def test_a_proxy_on_this_computers_loopback_is_reached_through_the_gateway():
    variables = {
        "HTTP_PROXY": "http://127.0.0.1:3128",
        "https_proxy": "http://proxy.example:8080",
        "no_proxy": "a.example,localhost",
    }
    assert proxies_of_guest(variables) == {
        "http_proxy": "http://10.0.2.2:3128",
        "https_proxy": "http://proxy.example:8080",
        "no_proxy": "a.example,localhost",
    }
    assert has_local_proxy(variables)


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("http://LocalHost:3128/", "http://10.0.2.2:3128/"),
        ("http://user:secret@localhost", "http://user:secret@10.0.2.2"),
        ("127.0.0.1:3128", "10.0.2.2:3128"),
        ("http://localhost.example:3128", "http://localhost.example:3128"),
        ("http://127.0.0.10:3128", "http://127.0.0.10:3128"),
        ("http://proxy.example/?//127.0.0.1:1", "http://proxy.example/?//127.0.0.1:1"),
    ],
)
def test_only_the_host_of_a_proxy_is_changed(given, seen):
    assert proxies_of_guest({"all_proxy": given}) == {"all_proxy": seen}
    assert has_local_proxy({"all_proxy": given}) is (given != seen)


def test_without_proxies_the_guest_gets_none():
    assert proxies_of_guest({"http_proxy": "", "PATH": "/bin"}) == {}
