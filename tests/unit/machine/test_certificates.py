import ssl
from dataclasses import replace

import pytest

from machsh.certs import validity
from machsh.errors import MachshError
from machsh.machine.certificates import RENEW_DAYS, copy_client_files, names_address, server_pair
from machsh.machine.create_request import TlsFiles

DAY = 86_400


@pytest.fixture
def machine(machines, create_request):
    machines.create(create_request(tls_san=["web.example", "2001:DB8::1"]))
    return machines.get("web")


def times(machine, monkeypatch, days):
    """Let days pass for everything that asks the environment."""
    now = machine.context.environment.now
    monkeypatch.setattr(machine.context.environment, "now", lambda: now() + days * DAY)


def test_the_certificate_names_all_it_should_and_is_private(machine):
    server_pair(machine)
    told = validity.read(machine.folder / "server.pem")
    assert told.names == ("web.example", "localhost")
    assert told.addresses == ("2001:db8::1", "192.0.2.7")
    assert told.organisation == "tester.web"
    assert (machine.folder / "server-key.pem").stat().st_mode & 0o777 == 0o600


def test_one_that_fits_is_kept(machine):
    assert server_pair(machine) == server_pair(machine)


def test_it_is_renewed_on_request(machine):
    assert server_pair(machine) != server_pair(machine, renew=True)


def test_a_dry_run_writes_nothing(machine):
    server_pair(machine, keep=False)
    assert not (machine.folder / "server.pem").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda machine: machine.record.auth.server_cert_sans.append("new.example"),
        lambda machine: setattr(machine.driver.record, "ip_address", "192.0.2.8"),
        lambda machine: (machine.folder / "server-key.pem").unlink(),
        lambda machine: (machine.folder / "server.pem").write_text("garbage"),
        lambda machine: (machine.folder / "server-key.pem").write_bytes(machine.tls_paths.key.read_bytes()),
    ],
    ids=["new-san", "new-address", "no-key", "garbage", "another-key"],
)
def test_one_that_does_not_fit_is_made_anew(machine, spoil):
    before = server_pair(machine)
    spoil(machine)
    after = server_pair(machine)
    assert after != before
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
        machine.folder / "server.pem", machine.folder / "server-key.pem"
    )


def test_one_of_a_former_authority_is_made_anew(machine):
    before = server_pair(machine)
    certs = machine.context.store.certs_folder
    for path in certs.glob("*.pem"):
        path.unlink()
    from machsh.machine.certificates import ensure_client

    ensure_client(machine.record, machine.context)
    assert server_pair(machine) != before


def test_one_that_ends_soon_is_made_anew(machine, monkeypatch):
    before = server_pair(machine)
    times(machine, monkeypatch, 1080 - RENEW_DAYS - 1)
    assert server_pair(machine) == before
    times(machine, monkeypatch, 2)
    assert server_pair(machine) != before


def test_names_address(machine):
    assert names_address(machine)  # nothing of ours on the host
    server_pair(machine)
    assert names_address(machine)
    machine.driver.record.ip_address = "192.0.2.8"
    assert not names_address(machine)


def test_an_authority_that_cannot_sign_is_told(machine):
    machine.record.auth.ca_private_key_path = "/nonexistent/ca-key.pem"
    with pytest.raises(MachshError, match=r"^error generating server cert: open /nonexistent/ca-key\.pem"):
        server_pair(machine)


@pytest.fixture
def regenerated(machines, monkeypatch):
    """`regenerate-certs` without a host: what would be brought to it is remembered."""
    done = []
    monkeypatch.setattr("machsh.machine.upkeep.provisioning.detect", lambda machine: None)
    monkeypatch.setattr(
        "machsh.machine.upkeep.provisioning.apply",
        lambda machine, host, renew=False: done.append((machine.name, renew)),
    )
    return done


def test_client_certs_really_renews_and_every_copy_follows(machines, create_request, regenerated, progress):
    for name in ("web", "db", "bare"):
        machines.create(create_request(name=name))
    for name in ("web", "db"):
        copy_client_files(machines.get(name))
    certs = machines.store.certs_folder
    before, authority = (certs / "cert.pem").read_bytes(), (certs / "ca.pem").read_bytes()
    progress.said.clear()
    machines.regenerate_certs("web", client_certs=True)
    after = (certs / "cert.pem").read_bytes()
    assert after != before
    assert (certs / "ca.pem").read_bytes() == authority
    for name in ("web", "db"):
        assert (machines.store.machine_folder(name) / "cert.pem").read_bytes() == after
    assert not (machines.store.machine_folder("bare") / "cert.pem").exists()
    assert regenerated == [("web", True)]
    assert progress.texts()[:2] == ["Regenerating TLS certificates", "Regenerating local certificates"]
    assert progress.texts("warning") == []


def test_an_authority_that_ends_soon_is_renewed_and_the_others_are_named(
    machines, create_request, regenerated, progress, monkeypatch
):
    for name in ("web", "db"):
        machines.create(create_request(name=name))
        copy_client_files(machines.get(name))
    authority = (machines.store.certs_folder / "ca.pem").read_bytes()
    times(machines.get("web"), monkeypatch, 3630)
    machines.regenerate_certs("web", client_certs=True)
    assert (machines.store.certs_folder / "ca.pem").read_bytes() != authority
    assert progress.texts("warning") == [
        '"db" still has a certificate of the former authority: machsh regenerate-certs db'
    ]


def test_without_client_certs_the_client_pair_stays(machines, create_request, regenerated, progress):
    machines.create(create_request())
    before = (machines.store.certs_folder / "cert.pem").read_bytes()
    progress.said.clear()
    machines.regenerate_certs("web")
    assert (machines.store.certs_folder / "cert.pem").read_bytes() == before
    assert progress.texts() == ["Regenerating TLS certificates"]


HALVES = ["ca.pem", "ca-key.pem"]


@pytest.mark.parametrize("left", HALVES)
def test_a_half_authority_that_no_machine_needs_is_made_anew(machines, create_request, progress, left):
    certs = machines.store.certs_folder
    machines.create(create_request())
    for path in certs.glob("*.pem"):
        if path.name != left:
            path.unlink()
    machines.create(create_request(name="db", driver="bare"))
    assert (certs / f"{left}.bak").exists()
    assert any(f"kept as {certs}/{left}.bak" in text for text in progress.texts("warning"))
    server_pair(machines.get("db"))


def test_a_half_authority_that_machines_need_is_told_and_left(machines, create_request):
    certs = machines.store.certs_folder
    machines.create(create_request())
    copy_client_files(machines.get("web"))
    (certs / "ca.pem").unlink()
    before = {path.name: path.read_bytes() for path in certs.iterdir()}
    with pytest.raises(MachshError) as caught:
        machines.create(create_request(name="db"))
    assert str(caught.value) == "Error generating certificates: certificate authority key already exists"
    assert "from a backup or a machine's folder" in caught.value.hint
    assert {path.name: path.read_bytes() for path in certs.iterdir()} == before
    assert machines.names() == ["web"]
    (certs / "ca.pem").write_bytes((machines.store.machine_folder("web") / "ca.pem").read_bytes())
    machines.create(create_request(name="db"))


def test_files_of_the_users_own_are_never_replaced(machines, create_request, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "ca-key.pem").write_text("precious")
    tls = TlsFiles(ca_cert=str(mine / "ca.pem"), ca_key=str(mine / "ca-key.pem"))
    with pytest.raises(MachshError, match="certificate authority key already exists"):
        machines.create(replace(create_request(), tls=tls))
    assert [(path.name, path.read_text()) for path in mine.glob("*.pem*")] == [("ca-key.pem", "precious")]


def test_an_authority_that_cannot_sign_is_told_before_a_host_is_made(machines, create_request, fresh_driver):
    machines.create(create_request())
    (machines.store.certs_folder / "ca-key.pem").unlink()
    fresh_driver.calls.clear()
    machines.create(create_request(name="bare"))
    with pytest.raises(
        MachshError, match=r"^Error generating certificates: open .*/ca-key\.pem: no such file"
    ):
        machines.create(create_request(name="db", driver="fake"))
    assert machines.names() == ["bare", "web"]
