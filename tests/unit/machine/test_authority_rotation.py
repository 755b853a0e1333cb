"""A rotation of the authority, with engines that are files: what an engine runs with, and what it trusts.

Whether two sides accept each other is judged from the certificates alone, with the rules of TLS.
"""

import os

import pytest

from machsh.certs import rotation, validity
from machsh.certs.authority import like_authority
from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.rotation import RotationPhase, phase
from machsh.drivers.driver import State
from machsh.errors import InterruptedByUserError, MachshError, RefusedError
from machsh.machine.certificates import copy_client_files, is_pair, server_pair
from machsh.machine.parallel import TaskResult
from machsh.machine.renewal.authority_rotation import leaves_out
from machsh.machine.renewal.certificate_list import CertificateList
from machsh.machine.upkeep.engine_trust import is_behind
from machsh.machine.upkeep.provisioning import ProvisionResult, follow_address, spec_with_certificates
from tests.support.machines import FakeDriver


class Killed(BaseException):
    """The process ends here, as by kill -9: nothing is caught, nothing is cleaned up."""


class Engines:
    """Engines of machines, each a folder with what it was started with."""

    def __init__(self, folder):
        self.folder = folder
        self.restarts = []
        self.dead_before = ""
        """The machine at which the process is killed, before its engine gets anything."""
        self.broken = set()

    def install(self, name, spec):
        """Bring the files to an engine and restart it if they differ, in one step as its script does."""
        here = self.folder / name
        here.mkdir(parents=True, exist_ok=True)
        wanted = {"ca.pem": spec.authority_pem, "server.pem": spec.server_pem}
        if {path.name: path.read_text() for path in here.iterdir()} == wanted:
            return
        for path, content in wanted.items():
            (here / path).write_text(content)
        self.restarts.append(name)

    def accepts(self, name, ca, cert, key):
        """Whether this client and the engine accept each other."""
        here = self.folder / name
        if not (ca.exists() and is_pair(cert, key)):
            return False
        sees = validity.is_issued_by(validity.load(here / "server.pem"), validity.load_all(ca))
        return sees and validity.is_issued_by(validity.load(cert), validity.load_all(here / "ca.pem"))

    def is_reached(self, machine):
        """Whether docker reaches it with the machine's own copies, or where they are not used the store's."""
        folder = machine.endpoint().certificates
        return self.accepts(machine.name, folder / "ca.pem", folder / "cert.pem", folder / "key.pem")


@pytest.fixture
def engines(tmp_path, monkeypatch):
    made = Engines(tmp_path / "engines")

    def apply(machine, host, *, renew=False):
        from machsh.machine.upkeep.engine_trust import note_trust

        spec = spec_with_certificates(machine, renew=renew)
        if made.dead_before == machine.name:
            raise Killed
        if machine.name in made.broken:
            raise MachshError("the host is full", hint="make room")
        made.install(machine.name, spec)
        note_trust(machine, spec.authority_pem)
        return ProvisionResult(machine.name)

    def check(machine):
        if not made.is_reached(machine):
            raise MachshError("x509: certificate signed by unknown authority")

    def one_by_one(tasks, seconds=None):  # a thread that is killed alone would be waited for
        return [attempt(task) for task in tasks]

    def attempt(task):
        try:
            return TaskResult(value=task())
        except MachshError as error:
            return TaskResult(error=error)

    monkeypatch.setattr("machsh.machine.bulk_operation.run_all", one_by_one)
    for room in ("upkeep.provisioning", "renewal.authority_rotation"):
        monkeypatch.setattr(f"machsh.machine.{room}.detect", lambda machine: None)
        monkeypatch.setattr(f"machsh.machine.{room}.apply", apply)
    monkeypatch.setattr("machsh.machine.upkeep.engine_trust.check_patiently", check)
    return made


@pytest.fixture
def fleet(machines, create_request, engines, monkeypatch):
    """Two machines whose engines run with certificates of the authority."""
    monkeypatch.setattr("machsh.machine.creating.creation._set_up_engine", lambda machine: None)
    for name in ("db", "web"):
        machines.create(create_request(name=name, driver="fake"))
        machine = machines.get(name)
        copy_client_files(machine)
        server_pair(machine)
        engines.install(name, spec_with_certificates(machine))
    engines.restarts.clear()
    return machines


def paths_of(machines):
    return AuthorityPaths.in_folder(machines.store.certs_folder)


def all_reached(machines, engines):
    return {name: engines.is_reached(machines.get(name)) for name in ("db", "web")}


BOTH = {"db": True, "web": True}


def test_a_rotation_restarts_each_engine_twice_and_leaves_one_authority(fleet, engines):
    paths = paths_of(fleet)
    before = validity.load(paths.ca)
    assert fleet.rotate_authority() == []
    assert sorted(engines.restarts) == ["db", "db", "web", "web"]
    assert len(validity.load_all(paths.ca)) == 1
    assert validity.load(paths.ca) != before
    assert validity.is_issued_by(validity.load(paths.cert), validity.load_all(paths.ca))
    assert phase(paths) is RotationPhase.NONE
    assert all_reached(fleet, engines) == BOTH
    for name in ("db", "web"):
        assert (engines.folder / name / "ca.pem").read_bytes() == paths.ca.read_bytes()
        assert (fleet.store.machine_folder(name) / "ca.pem").read_bytes() == paths.ca.read_bytes()
        assert (fleet.store.machine_folder(name) / "cert.pem").read_bytes() == paths.cert.read_bytes()


def test_nobody_outside_is_trusted_in_between_but_the_two_authorities(fleet, engines):
    before = validity.load(paths_of(fleet).ca)
    FakeDriver.hosts["db"] = State.STOPPED
    fleet.rotate_authority()
    trusted = validity.load_all(engines.folder / "web" / "ca.pem")
    assert trusted[1:] == [before]
    assert trusted == validity.load_all(paths_of(fleet).ca)


class Trial:
    """Runs a rotation that is killed at the n-th of the moments that the patches count."""

    def __init__(self, count):
        self.left = count

    def moment(self):
        if self.left == 0:
            raise Killed
        self.left -= 1


def killed_at(count, fleet, engines, monkeypatch):
    """Rotate until the n-th change of a file of the store; return whether there was one."""
    trial = Trial(count)
    change = {name: getattr(os, name) for name in ("replace", "unlink")}

    def counted(name):
        def call(*words, **named):
            trial.moment()
            return change[name](*words, **named)

        return call

    with monkeypatch.context() as patched:
        for name in change:
            patched.setattr(os, name, counted(name))
        try:
            fleet.rotate_authority()
        except Killed:
            return True
        return False


def test_killed_at_every_change_of_a_file_no_machine_is_out_of_reach_and_the_next_run_ends_it(
    fleet, engines, monkeypatch
):
    """The whole matrix: killed before the first change, before the second, ..., until none is left."""
    counts = 0
    while killed_at(counts, fleet, engines, monkeypatch):
        store = paths_of(fleet)
        for name in ("db", "web"):
            machine = fleet.get(name)
            by_store = engines.accepts(name, store.ca, store.cert, store.key)
            assert engines.is_reached(machine) or by_store, (counts, name)
        assert fleet.rotate_authority() == [], counts
        assert all_reached(fleet, engines) == BOTH, counts
        assert phase(store) is RotationPhase.NONE
        assert len(validity.load_all(store.ca)) == 1
        assert not list(store.ca.parent.glob(".*.pending"))
        counts += 1
    assert counts > 25


@pytest.mark.parametrize("name", ["db", "web"])
def test_killed_before_an_engine_gets_its_files_all_are_reached_meanwhile(fleet, engines, name):
    engines.dead_before = name
    with pytest.raises((Killed, MachshError)):
        fleet.rotate_authority()
    engines.dead_before = ""
    assert all_reached(fleet, engines) == BOTH
    assert fleet.rotate_authority() == []
    assert all_reached(fleet, engines) == BOTH


def test_a_stopped_machine_is_waited_for_and_its_start_takes_it_along(fleet, engines):
    paths = paths_of(fleet)
    FakeDriver.hosts["db"] = State.STOPPED
    assert fleet.rotate_authority() == ["db"]
    assert phase(paths) is RotationPhase.SPREADING
    assert all_reached(fleet, engines) == BOTH
    assert fleet.rotate_authority() == ["db"]
    assert engines.restarts == ["web"]
    listed = CertificateList(fleet.environment.now(), paths).entries([fleet.get("db"), fleet.get("web")])
    told = {(one.kind, one.machine): one.faults for one in listed}
    assert told["server", "db"][-1] == "waits for the renewal of the authority"
    (server,) = [one for one in listed if (one.kind, one.machine) == ("server", "db")]
    assert server.remedy == "machsh certs renew --ca"  # not its own renewal, which leaves the others behind
    assert told["server", "web"] == told["client", ""] == ()
    assert told["former authority", ""] == ("is trusted until every machine has followed",)
    FakeDriver.hosts["db"] = State.RUNNING
    with fleet.store.lock("db"):
        machine = fleet.get("db")
        assert follow_address(machine)
        machine.save()
    assert fleet.rotate_authority() == []
    assert all_reached(fleet, engines) == BOTH


def test_a_machine_that_stops_between_the_phases_is_reached_when_it_comes_back(fleet, engines, monkeypatch):
    from machsh.machine.renewal.authority_rotation import AuthorityRotation

    renew = AuthorityRotation._renew_client

    def stop_then_renew(rotation):
        FakeDriver.hosts["db"] = State.STOPPED
        renew(rotation)

    monkeypatch.setattr(AuthorityRotation, "_renew_client", stop_then_renew)
    assert fleet.rotate_authority() == ["db"]
    assert phase(paths_of(fleet)) is RotationPhase.WITHDRAWING
    assert all_reached(fleet, engines) == BOTH
    FakeDriver.hosts["db"] = State.RUNNING
    assert fleet.rotate_authority() == []


def test_a_machine_that_fails_holds_the_rotation_and_the_others_are_done(fleet, engines):
    engines.broken.add("db")
    with pytest.raises(MachshError, match="db: the host is full") as caught:
        fleet.rotate_authority()
    assert caught.value.hint == "make room; then go on with: machsh certs renew --ca"
    assert engines.restarts == ["web"]
    assert all_reached(fleet, engines) == BOTH
    engines.broken.clear()
    assert fleet.rotate_authority() == []
    assert sorted(engines.restarts) == ["db", "db", "web", "web"]


def test_two_renewals_at_once_are_refused(fleet, engines):
    from machsh.machine.renewal.certificate_renewal import renewing

    with renewing(fleet.store), pytest.raises(RefusedError, match="Another machsh renews certificates"):
        fleet.rotate_authority()
    assert engines.restarts == []


def test_a_broken_record_is_waited_for(fleet, engines):
    path = fleet.store.config_path("db")
    whole = path.read_bytes()
    path.write_text("{")
    assert fleet.rotate_authority() == ["db"]
    assert phase(paths_of(fleet)) is RotationPhase.SPREADING
    path.write_bytes(whole)
    assert fleet.rotate_authority() == []


def test_machines_that_machsh_does_not_set_up_are_left_as_they_are(fleet, engines, create_request):
    fleet.create(create_request(name="foreign", driver="bare"))
    copy_client_files(fleet.get("foreign"))
    folder = fleet.store.machine_folder("foreign")
    before = {path.name: path.read_bytes() for path in folder.glob("*.pem")}
    assert fleet.rotate_authority() == []
    assert {path.name: path.read_bytes() for path in folder.glob("*.pem")} == before


def test_a_machine_created_meanwhile_belongs_to_it(fleet, engines, create_request):
    FakeDriver.hosts["db"] = State.STOPPED
    assert fleet.rotate_authority() == ["db"]
    fleet.create(create_request(name="new", driver="fake"))
    machine = fleet.get("new")
    engines.install("new", spec_with_certificates(machine))
    FakeDriver.hosts["db"] = State.RUNNING
    assert fleet.rotate_authority() == []
    assert engines.is_reached(fleet.get("new"))


def test_the_client_alone_is_not_renewed_meanwhile(fleet, engines):
    FakeDriver.hosts["db"] = State.STOPPED
    fleet.rotate_authority()
    before = paths_of(fleet).cert.read_bytes()
    with pytest.raises(RefusedError, match="not every machine has followed yet"):
        fleet.regenerate_certs("web", client_certs=True)
    assert paths_of(fleet).cert.read_bytes() == before


def test_the_kind_of_key_stays(fleet, engines, monkeypatch):
    assert validity.read(paths_of(fleet).ca).key_kind == "ecdsa"
    fleet.rotate_authority()
    assert validity.read(paths_of(fleet).ca).key_kind == "ecdsa"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [("adopted", True, "was adopted as it is"), ("endpoint", "ssh", "its engine is reached by ssh")],
)
def test_a_machine_that_has_no_certificates_of_ours_is_left_out(fleet, engines, field, value, reason):
    with fleet.store.change("web") as record:
        setattr(record.machsh, field, value)
    assert leaves_out(fleet.get("web"), paths_of(fleet)) == reason
    assert fleet.rotate_authority() == []
    assert set(engines.restarts) == {"db"}


@pytest.mark.parametrize(("field", "value"), [("adopted", True), ("endpoint", "ssh")])
def test_such_a_machine_is_never_behind_a_rotation(fleet, engines, field, value):
    rotation.begin(paths_of(fleet), like_authority(paths_of(fleet)), "tester", now=fleet.environment.now)
    assert is_behind(fleet.get("web"))
    with fleet.store.change("web") as record:
        setattr(record.machsh, field, value)
    assert not is_behind(fleet.get("web"))


def test_ctrl_c_leaves_both_authorities_and_says_how_to_go_on(fleet, engines, monkeypatch):
    def interrupted(tasks, seconds=None):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("machsh.machine.bulk_operation.run_all", interrupted)
        with pytest.raises(InterruptedByUserError) as caught:
            fleet.rotate_authority()
    assert caught.value.hint == "go on with: machsh certs renew --ca"
    assert all_reached(fleet, engines) == BOTH
    assert fleet.rotate_authority() == []
    assert all_reached(fleet, engines) == BOTH
