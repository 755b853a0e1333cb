"""One damaged machine among others: it is one row or one line, and ends nothing."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from machsh.cli import fast_path
from machsh.testing.fakes import FakeEnvironment
from tests.support import zoo
from tests.support.places import CASE_FILES

BUG = 70
ADDRESS = "tcp://127.0.0.1:1"
NONE = json.loads((CASE_FILES / "machines/none.json").read_bytes())
GENERIC = json.loads((CASE_FILES / "machines/generic.json").read_bytes())


@pytest.fixture
def mixed(house):
    """A store with a good machine and one damaged in each way."""
    house.create("good", ADDRESS)
    for number, kind in enumerate(zoo.KINDS):
        zoo.put(config_of(house, f"bad{number}"), kind)
    zoo.put(config_of(house, "url"), "empty")
    config_of(house, "url").write_text(json.dumps({**NONE, "Driver": {**NONE["Driver"], "URL": 5}}))
    return house


def config_of(house, name):
    return house.store / "machines" / name / "config.json"


BAD = [f"bad{number}" for number in range(len(zoo.KINDS))]


@pytest.mark.parametrize("program", ["machsh", "docker-machine"])
def test_ls_shows_a_row_for_each(mixed, program):
    done = mixed.run("ls", "-t", "3", program=program)
    rows = {line.split()[0]: line for line in done.out.splitlines()[1:]}
    assert (done.code, done.err) == (0, "")
    assert rows.keys() == {*BAD, "good", "url"}
    assert "Running" in rows["good"]
    assert all("Error" in rows[name] for name in (*BAD, "url"))


@pytest.mark.parametrize("program", ["machsh", "docker-machine"])
def test_ls_q_names_those_that_open(mixed, program):
    done = mixed.run("ls", "-q", program=program)
    assert (done.code, done.out.split(), done.err) == (0, ["good", "url"], "")


@pytest.mark.parametrize("words", [["url", "good"], ["ip", "good"], ["status", "good"]], ids=" ".join)
def test_others_answer_as_ever(mixed, words):
    done = mixed.run(*words, program="machsh")
    assert (done.code, done.err) == (0, "")
    assert done.out


@pytest.mark.parametrize(
    "words",
    [
        *(["ip"], ["url"], ["status"], ["env"], ["config"], ["inspect"], ["ssh"], ["version"], ["start"]),
        *(["stop"], ["provision"], ["upgrade"], ["regenerate-certs", "-f"], ["rm", "-y"], ["protect"]),
    ],
    ids=" ".join,
)
def test_a_command_on_a_damaged_machine_is_a_message(mixed, words):
    for name in BAD:
        done = mixed.run(*words, name, program="machsh")
        assert done.code not in (0, BUG), (name, done.out)
        assert "internal error" not in done.err
        assert done.err.count("\n") <= 4, (name, done.err)


@pytest.mark.parametrize(
    "words", [["ip"], ["url"], ["status"], ["ls"], ["ls", "-q"], ["active"]], ids=" ".join
)
def test_a_driver_that_cannot_use_its_values_is_a_message(mixed, words):
    done = mixed.run(*words, *(["url"] if words[0] in ("ip", "url", "status") else []), program="machsh")
    assert done.code != BUG
    if words[0] in ("ip", "url", "status"):
        assert "Driver.URL" in done.err


def test_rm_f_forgets_every_one(mixed):
    done = mixed.run("rm", "-f", *BAD, "url", program="machsh")
    assert done.code == 0
    assert mixed.run("ls", "-q").out == "good\n"


def test_every_machine_at_once_skips_none(mixed):
    done = mixed.run("-c", "@all ip", program="machsh")
    assert done.code not in (0, BUG)
    assert "good" in done.out
    assert all(name in done.err for name in BAD)


@pytest.mark.parametrize("line", ["@label:x=y ip", "@driver:none ip", "ls", "active", "env good"])
def test_batches_go_on(mixed, line):
    done = mixed.run("-c", line, program="machsh")
    assert done.code != BUG
    assert "internal error" not in done.err


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.sampled_from([NONE, GENERIC]).flatmap(zoo.mutated))
def test_quick_answers_never_differ_for_any_record(house, document):
    path = config_of(house, "web")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zoo.as_json(document))
    for words in (["ls", "-q"], ["ip", "web"]):
        text = fast_path.answer(environment_of(house, words))
        if text is not None:
            done = house.run("--debug=false", *words, program="machsh")  # an option, so that nothing is quick
            assert (done.code, done.out) == (0, text + "\n")


@pytest.mark.parametrize("kind", zoo.NOT_FILES)
def test_quick_answers_wait_for_no_file(house, kind):
    zoo.put(config_of(house, "web"), kind)
    for words in (["ls", "-q"], ["ip", "web"], ["env", "web"], ["config", "web"], ["active"]):
        assert fast_path.answer(environment_of(house, words)) is None


def environment_of(house, words):
    variables = {"SHELL": "/bin/bash", "DOCKER_HOST": "tcp://192.0.2.10:2376"}
    return FakeEnvironment(house.home, program="machsh", arguments=tuple(words), variables=variables)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SSHUser", "-oProxyCommand=touch ran"),
        ("SSHUser", "x\nProxyCommand touch ran"),
        ("SSHUser", "$(touch ran)"),
        ("IPAddress", "-oProxyCommand=touch ran"),
        ("IPAddress", "h;touch ran"),
        ("SSHKeyPath", "-oProxyCommand=touch ran"),
        ("SSHKeyPath", "/k\nProxyCommand touch ran"),
        ("SSHPort", "22 -oProxyCommand=touch"),
        ("SSHPort", -1),
        ("MachineName", "../../x"),
        ("StorePath", "-x"),
        ("EnginePort", 70000),
    ],
)
@pytest.mark.parametrize(
    "words", [["ssh", "web", "true"], ["scp", "web:x", "."], ["env", "web"], ["mount", "web:x", "y"]]
)
def test_a_strangers_record_runs_nothing_here(house, monkeypatch, words, key, value):
    monkeypatch.chdir(house.home)
    started = []
    monkeypatch.setattr("subprocess.Popen.__init__", lambda self, *words, **more: started.append(words))
    path = config_of(house, "web")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**GENERIC, "Driver": {**GENERIC["Driver"], key: value}}))
    for program in ("machsh", "docker-machine"):
        done = house.run(*words, program=program)
        assert done.code not in (0, BUG)
        assert f"Driver.{key}" in done.err
    assert started == []
    assert not (house.home / "ran").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--generic-ssh-user", "-oProxyCommand=x"],
        ["--generic-ssh-user", "a b"],
        ["--generic-ip-address", "-oProxyCommand=x"],
        ["--generic-ip-address", "a b"],
        ["--engine-storage-driver", "a b"],
        ["--tls-san", "a b"],
    ],
    ids=" ".join,
)
def test_a_machine_that_could_not_be_read_again_is_not_created(house, words):
    done = house.run(
        "create", "-d", "generic", "--generic-ip-address", "192.0.2.1", *words, "web", program="machsh"
    )
    assert done.code == 2
    assert " is not " in done.err or "it is one word" in done.err
    assert not (house.store / "machines" / "web").exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
@given(zoo.mutated(NONE))
def test_no_record_is_an_internal_error(house, document):
    path = config_of(house, "web")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zoo.as_json({**document, "Driver": inside(document)}))
    for words in (
        *(
            ["inspect", "web"],
            ["inspect", "-f", "{{json .}}", "web"],
            ["inspect", "-f", "{{.Driver}}", "web"],
        ),
        *(["ls", "-q", "-f", "label=x"], ["url", "web"], ["ip", "web"], ["env", "web"], ["status", "web"]),
        *(["config", "web"], ["ssh", "web"], ["protect", "web"], ["-c", "@label:x ip; @driver:none ip"]),
    ):
        done = house.run(*words, program="machsh")
        assert done.code != BUG, (words, done.err)


def inside(document):
    """The driver's object, which reaches no other host: only its address is not where it says."""
    driver = document.get("Driver")
    if isinstance(driver, dict) and str(driver.get("URL", "")).startswith("tcp://192.0.2"):
        return {**driver, "URL": ADDRESS}
    return driver


@pytest.mark.parametrize("kind", [*zoo.NOT_FILES, "huge", "empty", "zeros", "not UTF-8"])
@pytest.mark.parametrize("name", ["ca.pem", "cert.pem", "key.pem"])
def test_damaged_certificates_are_a_message(house, name, kind):
    house.engine("web")
    for folder in (house.store / "certs", house.store / "machines" / "web"):
        if (folder / name).exists():
            zoo.put(folder / name, kind)
    for words in (
        ["ls"],
        ["config", "web"],
        ["env", "web"],
        ["version", "web"],
        ["-c", "use web; version web"],
    ):
        done = house.run(*words, program="machsh")
        assert done.code != BUG, (words, done.err)
        assert "web" in done.out or done.err


@pytest.mark.parametrize("kind", zoo.KINDS)
def test_a_damaged_batch_file_is_a_message(house, kind):
    zoo.put(house.home / "lines.machsh", kind)
    done = house.run(str(house.home / "lines.machsh"), program="machsh")
    assert done.code != BUG
    assert "internal error" not in done.err
    if kind in (*zoo.NOT_FILES, "huge", "not UTF-8"):
        assert done.code != 0
        assert "lines.machsh" in done.err
        assert done.err.count("\n") <= 2


@pytest.mark.parametrize("kind", zoo.KINDS)
def test_damaged_settings_end_no_command(house, kind):
    zoo.put(house.home / ".config" / "machsh" / "config.toml", kind)
    house.create("good", ADDRESS)
    done = house.run("status", "good", program="machsh")
    assert (done.code, done.out) == (0, "Running\n")
    assert done.err.count("\n") == (kind not in ("empty", "dangling"))
    assert house.run("status", "good").err == ""  # docker-machine's name has no settings
    done = house.run("settings", "check", program="machsh")
    assert done.code != BUG
