"""A driver of ours, served to a client in Go that speaks as docker-machine does."""

import json
import socket
import subprocess
from pathlib import Path

import pytest

from machsh.deadline import Deadline
from machsh.drivers.bridge.wire.rpc import UPGRADE, RpcClient
from tests.support import served_trial
from tests.support.go_programs import drive
from tests.support.processes import run, variables_of

RECORD = json.dumps({"IPAddress": "", "MachineName": "web", "StorePath": "/nowhere", "Later": {"a": 2**60}})
LOAD = {"call": "SetConfigRaw", "raw": RECORD}


@pytest.fixture
def program(home):
    """The installed program of the driver `trial`."""
    folder = home / ".config" / "machsh" / "plugins"
    folder.mkdir(parents=True)
    (folder / "trial.py").write_text(Path(served_trial.__file__).read_text())
    (home / "bin").mkdir()
    code, _, errors = run(home, "install-driver", "trial", str(home / "bin"))
    assert (code, errors) == (0, "")
    return home / "bin" / "docker-machine-driver-trial"


@pytest.fixture
def calls(program, home):
    """Makes calls; gives what they gave as pairs of reply and error, and the whole outcome."""

    def make(*steps, **options):
        outcome = drive([program], [LOAD, *steps], variables=variables_of(home), **options)
        return [(one["reply"], one["error"]) for one in outcome["results"][1:]], outcome

    return make


def named(*calls):
    return [{"call": call} for call in calls]


def test_a_life_passes_with_docker_machines_calls(calls):
    life = "PreCreateCheck Create GetState GetURL GetIP Stop GetState GetURL Start Restart Kill GetState Remove GetState"
    got, outcome = calls({"flags": {}}, *named(*life.split()))
    assert [reply for reply, _ in got if reply is not None] == [
        *(1, "tcp://192.0.2.7:2376", "192.0.2.7", 4),
        *("", 4, 0),
    ]
    assert [error for _, error in got if error] == ["Host is not running"]
    assert (outcome["stdout"], outcome["exit"]) == (["Creating..."], 0)
    assert outcome["stderr"][0] == "a detail"


def test_flags_have_their_kind_default_and_variable(calls):
    (flags, _), *_ = calls({"call": "GetCreateFlags"})[0]
    assert [(one["kind"].rpartition(".")[2], *one["flag"].values()) for one in flags] == [
        ("StringFlag", "trial-text", "A text", "TRIAL_TEXT", "plain"),
        ("IntFlag", "trial-number", "A number", "", 7),
        ("BoolFlag", "trial-switch", "A switch", ""),
        ("StringSliceFlag", "trial-item", "An item", "TRIAL_ITEM", None),
        ("StringFlag", "trial-behaviour", "CALL=WHAT", "", ""),
    ]


def test_values_of_every_kind_reach_the_record_and_unknown_keys_stay(calls):
    values = {"trial-text": "é", "trial-number": -3, "trial-switch": True, "trial-item": ["x", ""]}
    got, _ = calls({"flags": values}, {"call": "GetConfigRaw"})
    stored = json.loads(got[1][0])
    assert (stored["Text"], stored["Number"], stored["Switch"], stored["Items"]) == ("é", -3, True, ["x", ""])
    assert (stored["MachineName"], stored["Later"]) == ("web", {"a": 2**60})


def test_values_of_a_wrong_type_are_told_in_the_librarys_words(calls):
    got, outcome = calls({"flags": {"trial-number": "many", "trial-item": 5}}, {"call": "GetConfigRaw"})
    assert outcome["stdout"] == [
        "Type assertion did not go smoothly to int for key trial-number",
        "Type assertion did not go smoothly to string slice for key trial-item",
    ]
    assert json.loads(got[1][0])["Number"] == 0


def test_ssh_places_and_names_are_those_of_the_record(calls):
    asked = "GetMachineName DriverName GetSSHHostname GetSSHPort GetSSHUsername GetSSHKeyPath GetIPv6"
    got, _ = calls({"flags": {}}, *named(*asked.split()))
    assert got[1:] == [(reply, "") for reply in ("web", "trial", "192.0.2.7", 22, "root", "", "")]


def test_the_old_name_of_the_service_is_served(calls):
    assert calls(*named("GetVersion"), old=True)[0] == [(1, "")]


def test_the_drivers_name_is_the_one_that_the_client_will_ask_for_again(calls):
    assert calls(*named("DriverName"), name="own")[0] == [("own", "")]
    assert calls(*named("DriverName"), name="/opt/docker-machine-driver-own")[0] == [("own", "")]


@pytest.mark.parametrize(
    ("behaviour", "call", "text"),
    [
        ("create=error:no room", "Create", "no room (do it better)"),
        ("pre_create_check=error:no", "PreCreateCheck", "no (do it better)"),
        ("state=away", "GetState", "Host is not running"),
    ],
)
def test_an_error_is_one_text_with_its_remedy(calls, behaviour, call, text):
    got, outcome = calls({"flags": {"trial-behaviour": behaviour}}, {"call": call})
    assert got[1][1] == text
    assert outcome["exit"] == 0


def test_a_fault_is_told_with_its_place_and_the_driver_lives_on(calls):
    got, _ = calls({"flags": {"trial-behaviour": "create=fault:oh"}}, *named("Create", "GetMachineName"))
    assert got[1][1].startswith("Panic in the driver: KeyError: 'oh'\nTraceback")
    assert "in _behave" in got[1][1]
    assert got[2] == ("web", "")


def test_unknown_calls_and_broken_records_are_refused_as_go_refuses_them(calls):
    got, _ = calls(
        {"call": "Nope"},
        {"call": "SetConfigRaw", "raw": "{"},
        {"call": "SetConfigRaw", "raw": "[1]"},
        {"call": "SetConfigRaw", "raw": '{"MachineName": "../web"}'},
        {"call": "SetConfigRaw", "raw": '{"SSHPort": "x"}'},
        {"call": "GetMachineName"},
    )
    errors = [error for _, error in got]
    assert errors[0] == "rpc: can't find method RPCServerDriver.Nope"
    assert all(errors[1:5])
    assert "Driver.MachineName is not a name" in errors[3]
    assert errors[4] == "json: cannot unmarshal string into Go struct field Driver.SSHPort of type int"
    assert got[5] == ("web", "")


def test_keys_of_a_record_match_in_any_case_and_absent_ones_stay(calls):
    got, _ = calls(
        {"call": "SetConfigRaw", "raw": '{"sshuser": "me"}'}, *named("GetSSHUsername", "GetMachineName")
    )
    assert got[1:] == [("me", ""), ("web", "")]


def test_a_long_call_lives_by_heartbeats_and_others_are_answered_meanwhile(calls):
    begin = {"flags": {"trial-behaviour": "create=sleep:12"}}
    got, outcome = calls(begin, {"together": named("Create", "GetMachineName", "GetState")})
    seconds = {one["call"]: one["seconds"] for one in outcome["results"]}
    assert [error for _, error in got] == [""] * 4
    assert seconds["Create"] >= 12
    assert max(seconds["GetMachineName"], seconds["GetState"]) < 2
    assert outcome["exit"] == 0


def test_it_ends_when_no_heartbeats_come(calls):
    got, outcome = calls({"heartbeats": False}, {"wait": 10.5}, *named("GetIP"), {"leave": True})
    assert got[0][1] in ("unexpected EOF", "connection is shut down")
    assert outcome["exit"] == 1
    assert outcome["seconds"] < 15


def test_it_ends_when_the_client_leaves_without_a_word(calls):
    _, outcome = calls({"leave": True})
    assert outcome["exit"] == 1


def test_nonsense_on_the_port_ends_that_connection_only(program, home):
    variables = variables_of(home, MACHINE_PLUGIN_TOKEN="42")
    with subprocess.Popen([program], env=variables, stdout=subprocess.PIPE, text=True) as process:
        host, _, port = process.stdout.readline().strip().partition(":")
        assert host == "127.0.0.1"
        for sent in (
            b"GET / HTTP/1.0\n\n",
            UPGRADE + b"\xf8" + b"\x7f" * 8,
            UPGRADE + b"nonsense" * 99,
            b"\0" * 9000,
        ):
            with socket.create_connection((host, int(port)), 5) as connection:
                connection.sendall(sent)
                while connection.recv(4096):
                    pass
        with RpcClient.connect((host, int(port)), Deadline.after(5)) as client:
            assert client.call("RPCServerDriver.GetVersion", int, Deadline.after(5)) == 1
            client.call("RPCServerDriver.Close", dict, Deadline.after(5))
        assert process.wait(10) == 0


def test_control_characters_of_a_driver_reach_no_terminal(calls):
    _, outcome = calls({"flags": {"trial-behaviour": "start=say:a\x1b[31mb\x07"}}, {"call": "Start"})
    assert outcome["stdout"] == [r"a\x1b[31mb\x07"]


def test_called_by_hand_it_says_what_it_is(program, home):
    done = subprocess.run(
        [program], env=variables_of(home), capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("This is a Docker Machine plugin binary.\n")
    assert run(home, "serve-driver", "trial")[::2] == (1, done.stderr)


def test_serve_driver_serves_without_an_installed_program(program, home):
    words = [home / "bin" / "machsh", "serve-driver", "trial"]
    outcome = drive(words, [LOAD, *named("GetMachineName")], variables=variables_of(home))
    assert [one["reply"] for one in outcome["results"]] == [None, "web"]
    assert outcome["exit"] == 0


def test_a_driver_that_does_not_exist_is_refused(program, home):
    code, _, errors = run(home, "install-driver", "nope", str(home / "bin"))
    assert code == 3
    assert 'Driver "nope" not found' in errors
    assert "known drivers: " in errors
    assert "docker, generic, " in errors
    code, _, errors = run(home, "serve-driver", "nope", variables={"MACHINE_PLUGIN_TOKEN": "42"})
    assert (code, 'Driver "nope" not found' in errors) == (3, True)


def test_a_name_that_docker_machine_keeps_for_itself_is_refused_with_another(home):
    code, _, errors = run(home, "install-driver", "generic", str(home))
    assert code == 3
    assert f"machsh install-driver machsh-generic {home}" in errors
    assert run(home, "install-driver", "machsh-generic", str(home))[0] == 0
    outcome = drive(
        [home / "docker-machine-driver-machsh-generic"],
        named("DriverName"),
        variables=variables_of(home),
        name="machsh-generic",
    )
    assert outcome["results"][0]["reply"] == "machsh-generic"


def test_another_program_of_that_name_stays_unless_forced(program, home):
    program.write_text("mine")
    code, _, errors = run(home, "install-driver", "trial", str(home / "bin"))
    assert (code, program.read_text()) == (3, "mine")
    assert "install-driver --force replaces it" in errors
    assert run(home, "install-driver", "-f", "trial", str(home / "bin"))[0] == 0
    assert run(home, "install-driver", "trial", str(home / "bin"))[0] == 0


def test_a_machine_stored_under_the_served_name_opens_as_one_of_the_driver(home):
    folder = home / ".docker" / "machine" / "machines" / "web"
    run(home, "create", "-d", "none", "--url", "tcp://127.0.0.1:1", "web")
    record = json.loads((folder / "config.json").read_text()) | {"DriverName": "machsh-none"}
    (folder / "config.json").write_text(json.dumps(record))
    assert run(home, "url", "web") == (0, "tcp://127.0.0.1:1\n", "")
    assert "machsh-none" in run(home, "ls")[1]
