import plistlib
import shutil
import subprocess

import pytest

from machsh.errors import RefusedError
from machsh.machine.reach.relay_service import service_of
from machsh.testing.fakes import FakeEnvironment


def service(tmp_path, store="/home/x/.docker/machine", platform="linux", name="web"):
    environment = FakeEnvironment(tmp_path)
    environment.platform = platform
    return service_of(environment, tmp_path / store, name)


@pytest.mark.parametrize("store", ["plain", "with space", "50%d", 'quo"te', "back\\slash", "$HOME", "é"])
def test_systemd_reads_the_unit_with_any_folder(tmp_path, store):
    one = service(tmp_path, store)
    one.path.parent.mkdir(parents=True)
    one.path.write_bytes(one.content())
    if shutil.which("systemd-analyze") is None:
        pytest.fail("systemd-analyze is needed: install systemd")
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(one.path)],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_machines_name_that_systemd_would_expand_is_passed_unchanged(tmp_path):
    text = service(tmp_path, name='a %n $HOME "b" \\').content().decode()
    (command,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert command.endswith(r'"a %%n $$HOME \"b\" \\"')
    assert "%n" not in text.replace("%%n", "")


def test_a_name_of_two_lines_is_refused_before_anything_is_written(tmp_path):
    one = service(tmp_path, name="a\nExecStart=/bin/false")
    with pytest.raises(RefusedError):
        one.install()
    assert not one.path.exists()


def test_the_agent_of_launchd_is_a_property_list(tmp_path):
    one = service(tmp_path, "with space", platform="darwin")
    content = plistlib.loads(one.content())
    assert content["ProgramArguments"][-2:] == ["relay", "web"]
    assert content["EnvironmentVariables"]["MACHINE_STORAGE_PATH"] == str(tmp_path / "with space")
    assert one.path == tmp_path / "Library" / "LaunchAgents" / f"{content['Label']}.plist"


def test_on_a_system_without_known_services_the_command_is_named(tmp_path):
    with pytest.raises(RefusedError) as caught:
        service(tmp_path, platform="freebsd14")
    assert "machsh relay web" in caught.value.hint


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_the_folder_that_a_relay_starts_in_brings_no_code(tmp_path, platform):
    assert b"-P" in service(tmp_path, platform=platform).content()


def test_a_unit_does_not_start_again_when_its_machine_is_gone(tmp_path):
    assert "RestartPreventExitStatus=1\n" in service(tmp_path).content().decode()


def test_a_relay_is_installed_again_over_itself(tmp_path, monkeypatch):
    one = service(tmp_path)
    monkeypatch.setattr(type(one), "_call", lambda self, calls: "")
    assert (one.install(), one.install()) == ("", "")
    assert one.remove()
    assert not one.is_installed
    assert [path for path in one.path.parent.rglob("*") if not path.is_dir()] == []
