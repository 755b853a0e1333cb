import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machsh.errors import RefusedError
from machsh.provision.engine_config import daemon_json

NAMES = st.sampled_from(["labels", "dns", "debug", "log-opts", "log-driver", "x-mine"])
LISTS = st.sampled_from(
    [["a=1"], ["b=2"], ["a=9"], ["a=1", "b=2"], ["b=2", "a=9"], ["c=3", "a=1"], ["c=3", "b=2", "a=9"]]
)
MAPS = st.sampled_from([{"p": "1"}, {"p": "2"}, {"q": "1"}, {"p": "1", "q": "1"}, {"p": "2", "q": "2"}])
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "labels": LISTS,
        "dns": LISTS,
        "debug": st.booleans(),
        "log-opts": MAPS,
        "log-driver": st.sampled_from("xy"),
        "x-mine": MAPS,
    },
)
WISHES = st.fixed_dictionaries(
    {},
    optional={
        "labels": LISTS,
        "dns": LISTS,
        "debug": st.booleans(),
        "log-opts": MAPS,
        "log-driver": st.sampled_from("xy"),
    },
)


@given(SETTINGS, WISHES)
def test_a_second_merge_changes_nothing(host, spec):
    first = daemon_json.merge(host, {}, spec)
    second = daemon_json.merge(first.settings, first.added, spec)
    assert second.changed == ()
    assert second.settings == first.settings
    assert second.added == first.added


@given(SETTINGS, WISHES)
def test_keys_that_nobody_wished_are_untouched(host, spec):
    merged = daemon_json.merge(host, {}, spec).settings
    assert {key: merged[key] for key in host if key not in spec} == {
        key: host[key] for key in host if key not in spec
    }


@given(SETTINGS, WISHES, WISHES)
def test_a_later_wish_leaves_what_it_would_have_made_alone(host, old, new):
    """What an earlier spec brought goes with it, except where it displaced a value of the host's."""
    host = {key: value for key, value in host.items() if key not in old}
    first = daemon_json.merge(host, {}, old)
    assert (
        daemon_json.merge(first.settings, first.added, new).settings
        == daemon_json.merge(host, {}, new).settings
    )


@pytest.mark.parametrize(
    ("current", "flagged", "wanted", "expected"),
    [
        ([], [], [], ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2376"]),
        ([], ["fd://"], [], ["fd://", "tcp://0.0.0.0:2376"]),
        (["unix:///a"], ["fd://"], [], ["unix:///a", "tcp://0.0.0.0:2376"]),
        (["tcp://10.0.0.1:2375"], ["fd://"], [], ["fd://", "tcp://10.0.0.1:2375", "tcp://0.0.0.0:2376"]),
        (["unix:///a", "tcp://:2376"], [], [], ["unix:///a", "tcp://0.0.0.0:2376"]),
        (["unix:///a", "tcp://[::]:2376/"], [], [], ["unix:///a", "tcp://0.0.0.0:2376"]),
        (["unix:///a", "tcp://10.0.0.1"], [], [], ["unix:///a", "tcp://0.0.0.0:2376"]),
        ([], ["fd://"], ["tcp://127.0.0.1:1"], ["fd://", "tcp://127.0.0.1:1", "tcp://0.0.0.0:2376"]),
    ],
)
def test_hosts(current, flagged, wanted, expected):
    assert daemon_json.hosts(current, flagged, wanted, 2376) == expected


def test_an_order_of_its_own_is_no_change():
    host = {"hosts": ["tcp://0.0.0.0:2376", "unix:///a"]}
    merged = daemon_json.merge(host, {}, {"hosts": daemon_json.hosts(host["hosts"], [], [], 2376)})
    assert merged.changed == ()


def test_a_displaced_value_is_said():
    assert daemon_json.merge({"debug": False}, {}, {"debug": True}).notes == (
        "debug was false on the host, now true",
    )


@pytest.mark.parametrize("text", ["{", "[]", "null", "3"])
def test_a_broken_file_is_refused(text):
    with pytest.raises(RefusedError, match=r"^/etc/docker/daemon\.json on the host is not"):
        daemon_json.read(text)


@pytest.mark.parametrize("text", ["", " \n", "{}"])
def test_a_missing_file_is_empty(text):
    assert daemon_json.read(text) == {}
    assert daemon_json.read_own(text) == {}


def test_text_keeps_order_and_characters():
    assert json.loads(daemon_json.text_of({"b": "ü", "a": 1})) == {"b": "ü", "a": 1}
    assert daemon_json.text_of({"b": "ü", "a": 1}) == '{\n  "b": "ü",\n  "a": 1\n}\n'
