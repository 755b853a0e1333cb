import pytest

from machsh.engine.endpoint import Endpoint
from machsh.engine.proxies import exceptions, with_host
from machsh.testing.fakes import FakeEnvironment

PROXY = {"HTTPS_PROXY": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("hosts", "result"),
    [
        ("", "10.0.0.5"),
        ("a.test", "a.test,10.0.0.5"),
        (" a.test , b.test ", "a.test,b.test,10.0.0.5"),
        ("10.0.0.5", "10.0.0.5"),
        ("10.0.0.55", "10.0.0.55,10.0.0.5"),
        ("*", "*"),
    ],
)
def test_a_host_is_added_once(hosts, result):
    assert with_host(hosts, "10.0.0.5") == result


@pytest.mark.parametrize(
    "name", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
)
def test_any_proxy_makes_both_lists(name):
    assert exceptions("h", {name: "http://p:1"}) == {"no_proxy": "h", "NO_PROXY": "h"}


def test_without_a_proxy_nothing_changes():
    assert exceptions("h", {"NO_PROXY": "a"}) == {}


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_a_list_under_one_name_counts_under_both(name):
    assert exceptions("h", {**PROXY, name: "a"}) == {"no_proxy": "a,h", "NO_PROXY": "a,h"}


def test_two_lists_stay_two():
    found = exceptions("h", {**PROXY, "no_proxy": "a", "NO_PROXY": "b"})
    assert found == {"no_proxy": "a,h", "NO_PROXY": "b,h"}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("tcp://10.0.0.5:2376", "10.0.0.5"),
        ("tcp://[fd00::5]:2376", "fd00::5"),
        ("tcp://db.test:1", "db.test"),
    ],
)
def test_a_child_of_an_endpoint_reaches_it_directly(tmp_path, url, host):
    environment = FakeEnvironment(tmp_path, variables=dict(PROXY))
    assert Endpoint(url).child_variables(environment)["NO_PROXY"] == host
    assert "NO_PROXY" not in environment.variables


def test_a_local_socket_needs_no_exception(tmp_path):
    environment = FakeEnvironment(tmp_path, variables=dict(PROXY))
    assert "NO_PROXY" not in Endpoint("unix:///x").child_variables(environment)
