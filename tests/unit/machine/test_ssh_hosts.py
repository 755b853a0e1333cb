import os

import pytest

from machsh.errors import MachshError, RefusedError
from machsh.machine.machines import Machines
from machsh.machine.reach import ssh_hosts
from machsh.ssh.target import Target
from machsh.testing.fakes import FakeEnvironment, ScriptedAsk
from tests.support.machines import FakeDriver


@pytest.fixture
def reachable(monkeypatch):
    monkeypatch.setattr(FakeDriver, "ssh_target", lambda self: Target("192.0.2.7", user="admin", port=2222))


@pytest.fixture
def file(machines):
    return ssh_hosts.default_file(machines.environment)


@pytest.fixture
def config(machines):
    found = ssh_hosts.users_file(machines.environment)
    found.parent.mkdir(mode=0o700)
    return found


def test_a_block_has_what_ssh_needs(machines, create_request, reachable):
    machines.create(create_request())
    lines = [line.strip() for line in ssh_hosts.blocks(machines, ["web"]).splitlines()]
    assert lines[:4] == ["Host machsh-web", "HostName 192.0.2.7", "User admin", "Port 2222"]


def test_a_machine_without_ssh_is_a_comment(machines, create_request):
    machines.create(create_request())
    text = ssh_hosts.blocks(machines, ["web"])
    assert text.startswith("# machsh-web: ")
    assert text.count("\n") == 1


@pytest.mark.parametrize("name", ["a b", "x\nHost *", "%h", "-oProxyCommand=x", 'q"q', "é\u2028x", "*"])
def test_a_machines_name_injects_nothing(machines, reachable, create_request, name):
    folder = machines.store.machines_folder / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{")
    machines.create(create_request())
    text = ssh_hosts.blocks(machines, [name, "web"])
    outside = [line for line in text.splitlines() if line and not line.startswith(("#", "    "))]
    assert outside == ["Host machsh-web"]


@pytest.mark.parametrize("user", ["a b", "x\nProxyCommand y", "-x", '"'])
def test_a_user_that_ssh_could_misread_is_a_comment(machines, create_request, monkeypatch, user):
    monkeypatch.setattr(FakeDriver, "ssh_target", lambda self: Target("192.0.2.7", user=user))
    machines.create(create_request())
    text = ssh_hosts.blocks(machines, ["web"])
    assert all(line.startswith("#") for line in text.splitlines())


def test_the_file_is_private_and_written_only_when_it_changes(machines, create_request, reachable, file):
    machines.create(create_request())
    assert ssh_hosts.write(machines, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert not ssh_hosts.write(machines, file)


def test_it_follows_machines_that_come_and_go_once_it_is_there(machines, create_request, reachable, file):
    machines.create(create_request())
    assert not file.exists()
    ssh_hosts.write(machines, file)
    machines.create(create_request(name="db"))
    assert "Host machsh-db" in file.read_text()
    machines.remove("web")
    assert "machsh-web" not in file.read_text()


def test_an_address_that_changed_is_written_down_at_the_start(
    machines, create_request, file, engine, monkeypatch
):
    address = ["192.0.2.7"]
    monkeypatch.setattr(FakeDriver, "ssh_target", lambda self: Target(address[0]))
    machines.create(create_request())
    ssh_hosts.write(machines, file)
    machines.stop("web")
    address[0] = "192.0.2.8"
    machines.start("web")
    assert "HostName 192.0.2.8" in file.read_text()


def test_a_file_that_is_not_ours_is_refused_and_never_rewritten(machines, create_request, file):
    file.parent.mkdir()
    file.write_text("Host mine\n")
    with pytest.raises(RefusedError, match="is not machsh's"):
        ssh_hosts.write(machines, file)
    machines.create(create_request())
    assert file.read_text() == "Host mine\n"


def test_the_users_own_file_is_never_the_file_of_blocks(machines, config):
    with pytest.raises(RefusedError, match="your own"):
        ssh_hosts.write(machines, config)
    assert not config.exists()


def test_a_link_to_the_users_own_file_is_not_the_file_of_blocks_either(machines, config, tmp_path):
    config.write_text("")  # empty, it could pass for a file to fill
    link = tmp_path / "link"
    link.symlink_to(config)
    with pytest.raises(RefusedError, match="your own"):
        ssh_hosts.write(machines, link)
    assert link.is_symlink()


def test_a_reason_of_several_lines_stays_one_comment(machines, create_request, monkeypatch):
    def fail(self):
        raise MachshError("no address\nHost *\n    ProxyCommand x")

    machines.create(create_request())
    monkeypatch.setattr(FakeDriver, "ssh_target", fail)
    assert ssh_hosts.blocks(machines, ["web"]).count("\n") == 1


def test_another_stores_file_is_refused(machines, file, tmp_path, catalog, progress):
    ssh_hosts.write(machines, file)
    environment = FakeEnvironment(tmp_path, variables={"MACHINE_STORAGE_PATH": str(tmp_path / "second")})
    second = Machines(environment, catalog=catalog, progress=progress, ask=ScriptedAsk())
    with pytest.raises(RefusedError, match="another store"):
        ssh_hosts.write(second, file)


@pytest.mark.parametrize("content", [b"", b"Host a\r\n\tUser b", b"\xff\xfe bytes\n", b"Include other\n"])
def test_the_users_file_gets_one_line_at_its_top_and_stays_byte_for_byte(machines, config, file, content):
    config.write_bytes(content)
    config.chmod(0o640)
    assert not ssh_hosts.is_included(machines.environment, file)
    ssh_hosts.include(machines.environment, file)
    assert config.read_bytes() == f"Include {file}\n".encode() + content
    assert config.stat().st_mode & 0o777 == 0o640
    assert ssh_hosts.is_included(machines.environment, file)


@pytest.mark.parametrize(
    "line",
    [
        "Include machsh_config",
        "include ~/.ssh/machsh_config",
        'INCLUDE="{file}"',
        "  Include  {file}  ",
        "Include other machsh_config # mine",
        "Include ~/.ssh/*_config",
        "Include machsh_config\r",
        "Host a\nHost *\nInclude machsh_config",
        "Host machsh-*\nInclude machsh_config",
        "Host a\nMatch all\nInclude machsh_config",
    ],
)
def test_a_line_of_the_users_own_that_includes_it_is_enough(machines, config, file, line):
    config.write_text(f"User me\n{line.format(file=file)}\n")
    assert ssh_hosts.is_included(machines.environment, file)


@pytest.mark.parametrize(
    "line",
    [
        "Host a\n  Include machsh_config",
        'Match host a exec "true"\nInclude machsh_config',
        "Host * !machsh-*\nInclude machsh_config",
        "# Include machsh_config",
        "Include ~/*",
        'Include "machsh_config',
        "Include",
    ],
)
def test_a_line_that_ssh_would_not_follow_for_machines_is_not(machines, config, file, line):
    config.write_text(f"{line}\n")
    assert not ssh_hosts.is_included(machines.environment, file)
    ssh_hosts.include(machines.environment, file)
    assert ssh_hosts.is_included(machines.environment, file)


def test_a_linked_configuration_stays_a_link(machines, config, file, tmp_path):
    real = tmp_path / "dotfiles"
    real.write_text("Host a\n")
    config.symlink_to(real)
    ssh_hosts.include(machines.environment, file)
    assert os.readlink(config) == str(real)
    assert real.read_text() == f"Include {file}\nHost a\n"


def test_a_missing_configuration_is_made_private(machines, config, file):
    ssh_hosts.include(machines.environment, file)
    assert config.stat().st_mode & 0o777 == 0o600
