from pathlib import Path

import pytest

from machsh.drivers.generic import GenericDriver, GenericRecord
from machsh.errors import MachshError, PreCreateError, UsageError
from machsh.options import Values
from machsh.ssh.errors import ConnectionLostError
from machsh.ssh.keys import make_key_pair
from machsh.ssh.target import Completed
from machsh.testing.fakes import fake_context


def configured(folder, **given):
    options = {option.name: option.empty for option in GenericDriver.options}
    values = {"generic_ip_address": "192.0.2.1", **given}
    record = GenericRecord(machine_name="gen", store_path=str(folder))
    driver = GenericDriver(record, fake_context(folder, seconds=2))
    driver.configure(Values({**options, **{key.replace("_", "-"): value for key, value in values.items()}}))
    return driver


def with_key(folder, name="key1", public=True):
    key = folder / name
    make_key_pair(key)
    if not public:
        key.with_name(f"{name}.pub").unlink()
    return str(key)


def test_record_is_docker_machines(tmp_path):
    driver = configured(tmp_path, generic_ssh_key=with_key(tmp_path), generic_ssh_user="ubuntu")
    driver.create()
    assert driver.record.to_json() == {
        "IPAddress": "192.0.2.1",
        "MachineName": "gen",
        "SSHUser": "ubuntu",
        "SSHPort": 22,
        "SSHKeyPath": f"{tmp_path}/machines/gen/ssh_key",
        "StorePath": str(tmp_path),
        "SwarmMaster": False,
        "SwarmHost": "",
        "SwarmDiscovery": "",
        "EnginePort": 2376,
        "SSHKey": f"{tmp_path}/key1",
    }


def test_our_two_options_are_kept_when_they_are_on(tmp_path):
    driver = configured(tmp_path, generic_ssh_agent=True, generic_ssh_config=True)
    stored = driver.record.to_json()
    assert stored["SSHAgent"] is True
    assert stored["SSHConfig"] is True
    assert GenericRecord.from_json(stored) == driver.record
    assert driver.ssh_target().uses_agent
    assert driver.ssh_target().uses_ssh_config


def test_key_is_imported_private_with_its_public_half(tmp_path):
    driver = configured(tmp_path, generic_ssh_key=with_key(tmp_path))
    driver.create()
    for name, given in (("ssh_key", "key1"), ("ssh_key.pub", "key1.pub")):
        copy = driver.machine_folder / name
        assert copy.read_text() == (tmp_path / given).read_text()
        assert copy.stat().st_mode & 0o777 == 0o600
    assert driver.context.progress.said == [("info", "Importing SSH key...")]
    assert not driver.ssh_target().uses_agent


def test_a_missing_public_half_is_only_said(tmp_path):
    driver = configured(tmp_path, generic_ssh_key=with_key(tmp_path, public=False))
    driver.create()
    assert driver.context.progress.texts()[1] == (
        f"Couldn't copy SSH public key : unable to copy ssh key: open {tmp_path}/key1.pub: no such file or directory"
    )


def test_a_key_under_the_home_folder(tmp_path):
    with_key(tmp_path)
    driver = configured(tmp_path, generic_ssh_key="~/key1")
    driver.pre_create_check()
    driver.create()
    assert (driver.machine_folder / "ssh_key").read_text() == (tmp_path / "key1").read_text()


def test_without_a_key_agent_and_default_keys_are_used(tmp_path):
    driver = configured(tmp_path)
    driver.create()
    assert driver.record.ssh_key_path == ""
    assert driver.ssh_target().uses_agent
    assert driver.context.progress.texts() == [
        "No SSH key specified. Assuming an existing key at the default location."
    ]


def test_a_missing_key_is_refused_before_creating(tmp_path):
    with pytest.raises(PreCreateError, match='SSH key does not exist: "/no/key"'):
        configured(tmp_path, generic_ssh_key="/no/key").pre_create_check()


def test_a_file_that_is_no_private_key_is_refused_before_creating_with_the_remedy(tmp_path):
    given = with_key(tmp_path, "id")
    with pytest.raises(PreCreateError, match=r"id\.pub' is a public key") as caught:
        configured(tmp_path, generic_ssh_key=f"{given}.pub").pre_create_check()
    assert caught.value.hint == f"give {given}"
    with pytest.raises(PreCreateError, match="is a folder, not a private key"):
        configured(tmp_path, generic_ssh_key=str(tmp_path)).pre_create_check()


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    with pytest.raises(UsageError, match="is not a port"):
        configured(tmp_path, generic_ssh_port=port)


def test_no_address_is_refused(tmp_path):
    with pytest.raises(UsageError, match="generic driver requires the --generic-ip-address option"):
        configured(tmp_path, generic_ip_address="")


def test_urls_use_the_engine_port_and_brackets(tmp_path):
    driver = configured(tmp_path, generic_ip_address="2001:db8::1", generic_engine_port=4243)
    assert driver.known_url() == "tcp://[2001:db8::1]:4243"
    assert driver.ip() == "2001:db8::1"


def test_an_empty_user_is_kept_and_ssh_takes_yours(tmp_path):
    driver = configured(tmp_path, generic_ssh_user="")
    assert driver.record.ssh_user == ""
    assert driver.ssh_target().user == "tester"


@pytest.mark.parametrize("call", ["start", "stop", "kill"])
def test_it_cannot_be_moved(tmp_path, call):
    with pytest.raises(MachshError, match=f"generic driver does not support {call}"):
        getattr(configured(tmp_path), call)()


@pytest.mark.parametrize(
    "name",
    [
        "key.pem",
        "cert.pem",
        "ca.pem",
        "server.pem",
        "server-key.pem",
        "config.json",
        "known_hosts",
        ".lock",
        "id_rsa",
    ],
)
def test_whatever_the_key_is_called_its_copy_outlives_the_machines_own_files(tmp_path, name):
    from machsh.certs.authority_paths import AuthorityPaths

    (tmp_path / "mine").mkdir()
    with_key(tmp_path / "mine", name)
    given = [(tmp_path / "mine" / file).read_text() for file in (name, f"{name}.pub")]
    driver = configured(tmp_path, generic_ssh_key=str(tmp_path / "mine" / name))
    driver.pre_create_check()
    driver.create()
    copies = sorted(path.name for path in driver.machine_folder.iterdir())
    authority = AuthorityPaths.in_folder(tmp_path / "certs")
    authority.ca.parent.mkdir()
    for path in (authority.ca, authority.cert, authority.key):
        path.write_text("tls")
    authority.copy_to(driver.machine_folder)
    for ours in ("server.pem", "server-key.pem", "config.json", "known_hosts", ".lock"):
        (driver.machine_folder / ours).write_text("ours")
    assert Path(driver.record.ssh_key_path).read_text() == given[0]
    assert [(driver.machine_folder / copy).read_text() for copy in copies] == given


def test_a_key_copied_under_its_own_name_by_docker_machine_still_opens_the_host(tmp_path):
    driver = configured(tmp_path, generic_ssh_key="")
    driver.record.ssh_key_path = str(driver.machine_folder / "key1")
    assert driver.ssh_target().key_path == driver.machine_folder / "key1"


class Rebooting:
    """A connection to a host that answers a reboot with an exit code, or by an end of the connection."""

    def __init__(self, answer):
        self.answer = answer

    def run(self, words, seconds):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self):
        pass


@pytest.mark.parametrize(
    "answer", [Completed(0, "", ""), Completed(255, "", ""), ConnectionLostError("web", "shutdown")]
)
def test_a_reboot_may_cut_the_connection(tmp_path, monkeypatch, answer):
    driver = configured(tmp_path, generic_ssh_agent=True)
    monkeypatch.setattr(driver, "_connection", lambda: Rebooting(answer))
    driver.restart()


def test_a_refused_reboot_is_told(tmp_path, monkeypatch):
    driver = configured(tmp_path, generic_ssh_agent=True)
    monkeypatch.setattr(driver, "_connection", lambda: Rebooting(Completed(1, "", "sudo: no\n")))
    with pytest.raises(MachshError, match="shutdown -r now: sudo: no"):
        driver.restart()
