"""Records that move to another store, user, system or name."""

import pytest

from machsh.machine.archive.record_move import below_store, move
from machsh.machine.records.record import AuthOptions, HostOptions, MachineRecord
from machsh.machine.records.store import Store

HOMES = {
    "linux": "/home/ann/.docker/machine",
    "mac": "/Users/ann smith/.docker/machine",
    "windows": r"C:\Users\ann\.docker\machine",
    "moved": "/mnt/stores/one",
}


def record_in(base, name="web"):
    sep = "\\" if "\\" in base else "/"
    folder = sep.join((base, "machines", name))
    driver = {
        "IPAddress": "192.0.2.7",
        "MachineName": name,
        "SSHKeyPath": f"{folder}{sep}id_rsa",
        "StorePath": base,
        "Boot2DockerURL": f"file://{base}/cache/boot2docker.iso",
        "Files": [f"{folder}{sep}disk.vmdk", "/etc/hosts"],
        "Nested": {"Certs": f"{base}{sep}certs", "Number": 7},
        "Other": f"{base}-elsewhere",
    }
    auth = AuthOptions(ca_cert_path=f"{base}{sep}certs{sep}ca.pem", store_path=folder)
    return MachineRecord(
        driver=driver, driver_name="x", host_options=HostOptions(auth_options=auth), name=name
    )


@pytest.mark.parametrize("base", HOMES.values(), ids=HOMES)
def test_every_path_below_the_store_moves_and_no_other(base, tmp_path):
    record, store = record_in(base), Store(tmp_path / "new")
    move(record, store, "db")
    folder = tmp_path / "new" / "machines" / "db"
    assert record.driver["SSHKeyPath"] == str(folder / "id_rsa")
    assert record.driver["Files"] == [str(folder / "disk.vmdk"), "/etc/hosts"]
    assert record.driver["Nested"] == {"Certs": str(tmp_path / "new" / "certs"), "Number": 7}
    assert record.driver["Other"] == f"{base}-elsewhere"
    assert record.driver["StorePath"] == str(store.folder)
    assert record.driver["MachineName"] == record.name == "db"
    auth = record.auth
    assert auth.store_path == str(folder)
    own = ("ca.pem", "ca-key.pem", "cert.pem", "key.pem", "server.pem", "server-key.pem")
    paths = (auth.ca_cert_path, auth.ca_private_key_path, auth.client_cert_path, auth.client_key_path)
    assert (*paths, auth.server_cert_path, auth.server_key_path) == tuple(str(folder / name) for name in own)


def test_the_order_of_keys_and_unknown_ones_stay(tmp_path):
    record = record_in(HOMES["linux"])
    keys = list(record.driver)
    move(record, Store(tmp_path), "web")
    assert list(record.driver) == keys


def test_a_path_with_dots_is_not_followed():
    record = record_in(HOMES["linux"])
    assert below_store("/home/ann/.docker/machine/../../.ssh/id_rsa", record) is None


def test_machine_exports_placeholder_is_the_store(tmp_path):
    record = record_in("{{STORAGE}}")
    move(record, Store(tmp_path), "web")
    assert record.driver["SSHKeyPath"] == str(tmp_path / "machines" / "web" / "id_rsa")


def test_without_the_drivers_word_the_machines_folder_tells_the_store(tmp_path):
    record = record_in(HOMES["linux"])
    record.driver["StorePath"] = ""
    move(record, Store(tmp_path), "web")
    assert record.driver["SSHKeyPath"] == str(tmp_path / "machines" / "web" / "id_rsa")


def test_a_record_that_tells_no_store_keeps_its_paths(tmp_path):
    record = record_in(HOMES["linux"])
    record.driver["StorePath"] = record.auth.store_path = ""
    move(record, Store(tmp_path), "web")
    assert record.driver["SSHKeyPath"] == "/home/ann/.docker/machine/machines/web/id_rsa"


def test_a_program_that_is_not_here_is_forgotten(tmp_path):
    record = record_in(HOMES["linux"])
    record.machsh.driver_program = "/opt/docker-machine-driver-x"
    move(record, Store(tmp_path), "web")
    assert record.machsh.driver_program == ""
