"""The driver program and the client in Go understand each other: the other tests judge machsh by them."""

import json

import pytest

from tests.support.go_programs import built, drive


@pytest.fixture
def record(tmp_path):
    (tmp_path / "machines" / "foo").mkdir(parents=True)
    return json.dumps({"MachineName": "foo", "StorePath": str(tmp_path)})


def test_every_flag_type_and_the_life_of_a_machine_pass_between_them(record):
    steps = [
        {"call": "SetConfigRaw", "raw": record},
        {"call": "GetCreateFlags"},
        {"flags": {"trial-number": 9, "trial-switch": True, "trial-item": ["x", "y"], "trial-text": "t"}},
        *(
            {"call": call}
            for call in ("PreCreateCheck", "Create", "GetState", "Stop", "GetState", "GetURL", "Remove")
        ),
        {"call": "GetConfigRaw"},
    ]
    outcome = drive([built("driver")], steps)
    replies = [(one["call"], one["reply"], one["error"]) for one in outcome["results"]]
    assert {one["kind"].rpartition(".")[2] for one in replies[1][1]} == {
        "StringFlag",
        "IntFlag",
        "BoolFlag",
        "StringSliceFlag",
    }
    assert replies[5] == ("GetState", 1, "")
    assert replies[7:9] == [("GetState", 4, ""), ("GetURL", "", "Host is not running")]
    stored = json.loads(replies[-1][1])
    assert (stored["Number"], stored["Switch"], stored["Items"]) == (9, True, ["x", "y", "a", "b"])
    assert (outcome["stdout"], outcome["exit"]) == (["Creating the machine..."], 0)


def test_the_driver_ends_when_nobody_sends_heartbeats():
    outcome = drive(
        [built("driver")], [{"heartbeats": False}, {"wait": 11}, {"call": "GetIP"}, {"leave": True}]
    )
    assert outcome["results"][0]["error"] in ("unexpected EOF", "connection is shut down")
    assert outcome["exit"] == 1


def test_a_call_of_twelve_seconds_lives_by_heartbeats(record):
    steps = [{"call": "SetConfigRaw", "raw": record}, {"call": "Create"}]
    outcome = drive([built("driver")], steps, variables={"TRIAL_BEHAVIOUR": "Create=sleep:12"})
    assert (outcome["results"][1]["error"], outcome["exit"]) == ("", 0)
    assert outcome["results"][1]["seconds"] >= 12
