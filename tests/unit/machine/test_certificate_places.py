"""What a record names is written inside the store only, and no more of a file leaves it than must."""

from dataclasses import replace

import pytest

from machsh.errors import MachshError, RefusedError
from machsh.go.json import go_json
from machsh.machine.certificate_places import is_inside
from machsh.machine.certificates import ensure_client, renew_client, server_pair
from machsh.machine.create_request import TlsFiles
from machsh.machine.machines import Machines
from machsh.machine.records.record import MachineRecord
from machsh.machine.upkeep.provisioning import engine_spec
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import RecordingProgress, ScriptedAsk


@pytest.fixture
def machine(machines, create_request):
    machines.create(create_request())
    made = machines.get("web")
    server_pair(made)
    return made


OUTSIDE = {
    "absolute": "{home}/victim.pem",
    "dots": "{machine}/../../../../../victim.pem",
    "dots at the end": "{machine}/..",
    "another machine": "{machine}/../other/server.pem",
    "the authority": "{store}/certs/ca-key.pem",
    "the record": "{machine}/config.json",
    "relative": "victim.pem",
    "nothing": "",
    "a linked folder": "{machine}/link/victim.pem",
    "the ssh key": "{machine}/key-of-ssh.pem",
}


@pytest.mark.parametrize("field", ["server_cert_path", "server_key_path"])
@pytest.mark.parametrize("case", OUTSIDE)
def test_a_server_certificate_is_written_to_the_machines_own_folder_only(tmp_path, machine, case, field):
    store = machine.context.store.folder
    path = OUTSIDE[case].format(home=tmp_path, machine=machine.folder, store=store)
    (machine.folder / "link").symlink_to(tmp_path)
    machine.record.driver["SSHKeyPath"] = str(machine.folder / "key-of-ssh.pem")
    setattr(machine.record.auth, field, path)
    before = snapshot(tmp_path)
    with pytest.raises(RefusedError, match="nothing is written there"):
        server_pair(machine, renew=True)
    assert snapshot(tmp_path) == before


def snapshot(folder):
    """Every file below a folder with its content."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


@pytest.mark.parametrize(
    "field", ["ca_cert_path", "ca_private_key_path", "client_cert_path", "client_key_path"]
)
def test_client_certificates_are_renewed_in_the_store_only(tmp_path, machine, field):
    victim = tmp_path / "victim.pem"
    victim.write_text("mine")
    setattr(machine.record.auth, field, str(victim))
    with pytest.raises(RefusedError, match="nothing is written there"):
        renew_client([machine], [machine], machine.context)
    assert victim.read_text() == "mine"


def test_a_missing_authority_outside_is_not_made_for_a_record(tmp_path, machine):
    machine.record.auth.ca_cert_path = str(tmp_path / "elsewhere" / "ca.pem")
    with pytest.raises(RefusedError, match="nothing is written there"):
        ensure_client(machine.record, machine.context)
    assert not (tmp_path / "elsewhere").exists()


def test_an_authority_that_the_user_names_is_made_where_he_says(tmp_path, machines, create_request):
    there = tmp_path / "tls"
    files = TlsFiles(*(str(there / name) for name in ("ca.pem", "ca-key.pem", "cert.pem", "key.pem")))
    machine = machines.create(replace(create_request(), tls=files))
    assert (there / "ca.pem").exists()
    ensure_client(machine.record, machine.context)  # all is there: nothing to write, nothing to refuse


def test_a_store_behind_a_link_is_the_store(tmp_path, machine):
    store = machine.context.store.folder
    moved = tmp_path / "moved"
    store.rename(moved)
    store.symlink_to(moved)
    machine.record.auth.server_cert_path = str(moved / "machines" / "web" / "server.pem")
    assert server_pair(machine, renew=True)


def test_an_ssh_key_is_not_sent_to_a_host_as_an_authority(tmp_path, machine):
    secret = tmp_path / "id_rsa"
    secret.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n-----END OPENSSH PRIVATE KEY-----\n")
    machine.record.auth.ca_cert_path = str(secret)
    with pytest.raises(MachshError):
        engine_spec(machine, "", "")


def test_of_an_authoritys_file_the_certificates_alone_are_sent(tmp_path, machine):
    ca = machine.tls_paths.ca
    both = tmp_path / "both.pem"
    both.write_bytes(ca.read_bytes() + ca.with_name("ca-key.pem").read_bytes())
    machine.record.auth.ca_cert_path = str(both)
    assert engine_spec(machine, "", "").authority_pem == ca.read_text()


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("a.pem", True),
        ("b/a.pem", True),
        ("../a.pem", False),
        ("..", False),
        ("b/../a.pem", True),
        ("", False),
    ],
)
def test_dots_and_links_are_followed(tmp_path, path, answer):
    folder = tmp_path / "store"
    folder.mkdir()
    assert is_inside(folder / path if path else folder.parent / "x" / ".." / "..", folder) is answer


@pytest.mark.parametrize("name", ["generic", "docker"])
def test_pins_and_keys_are_written_to_the_store_that_is_open(tmp_path, machines, name):
    store = machines.store
    record = MachineRecord(driver_name=name, name="web")
    record.driver = {
        "IPAddress": "192.0.2.1",
        "MachineName": "other",
        "StorePath": str(tmp_path / "elsewhere"),
    }
    store.machine_folder("web").mkdir(parents=True)
    store.config_path("web").write_text(go_json(record.to_json()))
    made = Machines(
        machines.environment,
        catalog=Catalog(machines.environment, warn=lambda text: None),
        progress=RecordingProgress(),
        ask=ScriptedAsk(),
    ).get("web")
    assert made.driver.machine_folder == store.machine_folder("web")
    if name == "generic":
        assert made.driver.ssh_target().known_hosts == store.machine_folder("web") / "known_hosts"
