"""A real host whose record moves to another store and another person, and keeps working."""

import pytest

from machsh.errors import MachshError
from machsh.machine.archive.backing_up import ArchiveOptions, plan_backup, write_backup
from machsh.machine.archive.restoring import RestoreRequest, restore
from machsh.machine.archive.sharing import ShareRequest, share
from machsh.machine.contact.engine_check import check
from machsh.machine.context import MachineContext
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import RecordingProgress, ScriptedAsk
from tests.live.test_machines import containers, machines_in, new_name, on_engine, request

pytestmark = pytest.mark.live


def restored(source, machines, **more):
    environment = machines.environment
    around = MachineContext(
        environment, machines.store, Catalog(environment), RecordingProgress(), ScriptedAsk()
    )
    return restore(RestoreRequest(source, **more), around, lambda by_passphrase: [])


def backed_up(machines, name, path, *, with_authority=False):
    plan = plan_backup(machines.store, [name], with_authority=with_authority)
    write_backup(plan, machines.store, path, machines.environment.now(), ArchiveOptions())
    return path


@pytest.fixture
def homes(tmp_path):
    """The machines of three people; whatever hosts they made are gone after the test."""
    made = []
    for person in ("ann", "bob", "eve"):
        (tmp_path / person).mkdir()
        made.append(machines_in(tmp_path / person))
    yield made
    for machines in made:
        machines.close()
        if names := machines.names():
            machines.remove(*names, force=True)


def test_a_host_moves_to_another_store(homes, tmp_path):
    ann, bob, eve = homes
    name, catalog = new_name(), Catalog(ann.environment)
    ann.create(request(name, "docker", catalog))
    plain = backed_up(ann, name, tmp_path / "plain.tar")
    whole = backed_up(ann, name, tmp_path / "whole.tar", with_authority=True)
    share(ann.get(name), ShareRequest("eve", 30, tmp_path / "eve.tar"))
    ann.close()
    ann.store.remove(name)

    # Without the authority's key everything works but making certificates.
    (one,) = restored(plain, bob)
    assert (one.has_own_authority, one.can_sign) == (True, False)
    machine = bob.get(name)
    check(machine)
    assert on_engine(bob, name, "ps", "-q") == ""
    assert machine.runner().run(["hostname"]).stdout.strip() == name
    assert bob.provision(name)[0].changes == ()
    with pytest.raises(MachshError) as caught:
        bob.regenerate_certs(name)
    assert "stayed there" in str(caught.value)
    check(bob.get(name))

    # With it, in an empty store, it is as at home; under another name, too.
    bob.close()
    bob.store.remove(name)
    (two,) = restored(whole, bob, renames={name: f"{name}-2"})
    assert two.has_own_authority is False
    check(bob.get(two.name))
    bob.regenerate_certs(two.name)
    check(bob.get(two.name))

    # The person with whom it is shared uses the engine, and can do nothing to the host.
    restored(tmp_path / "eve.tar", eve)
    assert on_engine(eve, name, "version", "-f", "{{.Server.Os}}") == "linux"
    with pytest.raises(MachshError, match="cannot be reached over ssh"):
        eve.get(name).runner()
    eve.remove(name)
    check(bob.get(two.name))

    bob.remove(two.name)
    assert containers(name) == []
    assert (tmp_path / "eve.tar").exists()


def test_an_authority_for_one_machine_alone(homes, tmp_path):
    """What the hint of the refusal says: without its certificates the machine gets an authority of its own."""
    ann, bob, _ = homes
    name = new_name()
    ann.create(request(name, "docker", Catalog(ann.environment)))
    restored(backed_up(ann, name, tmp_path / "x.tar"), bob)
    for path in bob.store.machine_folder(name).glob("*.pem"):
        path.unlink()
    bob.regenerate_certs(name)
    check(bob.get(name))
    assert on_engine(bob, name, "ps", "-q") == ""
    with pytest.raises(MachshError):
        check(ann.get(name))
    bob.close()
    bob.store.remove(name)
