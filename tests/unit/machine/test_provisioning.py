import pytest

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import State
from machsh.errors import MachineNotRunningError, MachshError
from machsh.machine.errors import NoSshError
from machsh.machine.upgrade import upgrade
from machsh.machine.upkeep.provisioning import DetectedHost, converge, engine_spec
from machsh.provision.provisioner import Plan, Provisioner, Step
from machsh.testing.fakes import FakeRunner


class FakeProvisioner(Provisioner):
    """Gives the plans it was told, one after the other."""

    name = "fake"
    facts = ("os-release",)

    def __init__(self, *plans, upgrades=None):
        self.plans = list(plans)
        self.upgrades = upgrades or Plan()

    def matches(self, os_release):
        return 100

    def plan(self, facts, create_request):
        return self.plans.pop(0)

    def upgrade(self, facts, create_request):
        return self.upgrades


@pytest.fixture
def machine(machines, create_request, monkeypatch):
    machines.create(create_request())
    machine = machines.get("web")
    monkeypatch.setattr(machine, "runner", FakeRunner)
    monkeypatch.setattr("machsh.provision.facts.gather", lambda runner, names=(), seconds=0: {})
    return machine


def step(title):
    return Step(title, commands=(("true",),))


def test_rounds_go_on_while_a_plan_asks_for_it(machine):
    provisioner = FakeProvisioner(Plan((step("one"),), again=True), Plan((step("two"),)))
    done = converge(DetectedHost(machine, provisioner, {}), provisioner.plan, None)
    assert done.changes == ("one", "two")


def test_a_host_as_wished_is_not_touched(machine):
    provisioner = FakeProvisioner(Plan())
    assert converge(DetectedHost(machine, provisioner, {}), provisioner.plan, None).changes == ()


@pytest.mark.parametrize(("program", "told"), [("machsh", 1), ("docker-machine", 0)])
def test_what_a_plan_costs_is_told_once(machine, progress, program, told):
    machine.context.environment.program_path = program
    plans = Plan((step("one"),), ("not known yet",), again=True), Plan((step("two"),), ("containers stop",))
    provisioner = FakeProvisioner(*plans)
    converge(DetectedHost(machine, provisioner, {}), provisioner.plan, None)
    notes = [text for kind, text in progress.said if kind == "info" and "Note" in text]
    assert notes == ["Note: containers stop"] * told


def test_rounds_end(machine):
    provisioner = FakeProvisioner(*[Plan((step("again"),), again=True)] * 9)
    with pytest.raises(MachshError, match='"web" is not as specified after 4 rounds'):
        converge(DetectedHost(machine, provisioner, {}), provisioner.plan, None)


def test_the_wish_is_the_records(machines, create_request):
    machines.create(
        create_request(
            engine_label=["a=b"],
            engine_opt=["mtu=1400"],
            engine_env=["A=1"],
            engine_insecure_registry=["reg:5000"],
            engine_registry_mirror=["http://mirror"],
            engine_storage_driver="overlay2",
            engine_version="24.0.7",
        )
    )
    made = engine_spec(machines.get("web"), "CERT", "KEY")
    assert (made.name, made.driver, made.engine_port) == ("web", "bare", 2376)
    assert (made.labels, made.flags, made.variables) == (("a=b",), ("mtu=1400",), ("A=1",))
    assert (made.insecure_registries, made.registry_mirrors) == (("reg:5000",), ("http://mirror",))
    assert (made.storage_driver, made.engine_version) == ("overlay2", "24.0.7")
    assert made.authority_pem.startswith("-----BEGIN CERTIFICATE")
    assert (made.server_pem, made.server_key_pem) == ("CERT", "KEY")


@pytest.mark.parametrize(
    ("values", "install"),
    [
        ({}, "auto"),
        ({"engine_install_url": "https://get.docker.com"}, "auto"),
        ({"engine_install_url": "https://example.com/x.sh"}, "script"),
        ({"engine_install": "none"}, "none"),
        ({"engine_install": "package", "engine_install_url": "https://example.com/x.sh"}, "package"),
    ],
)
def test_how_the_engine_is_installed(machines, create_request, values, install):
    machines.create(create_request(**values))
    assert engine_spec(machines.get("web"), "", "").install == install


@pytest.fixture
def upgradable(machine, monkeypatch):
    """A machine whose engine says these versions, one per question."""
    versions = ["20.10.24", "24.0.7"]
    provisioner = FakeProvisioner(upgrades=Plan((step("upgrade docker"),)))
    monkeypatch.setattr(
        "machsh.machine.upgrade.detect", lambda machine: DetectedHost(machine, provisioner, {})
    )
    monkeypatch.setattr("machsh.machine.upgrade.wait_for_engine", lambda machine: None)
    monkeypatch.setattr(
        "machsh.machine.upgrade.engine_version", lambda machine, url, seconds: versions.pop(0)
    )
    machine.versions, machine.provisioner = versions, provisioner
    return machine


def test_upgrade_tells_the_versions(upgradable, progress):
    done = upgrade(upgradable)
    assert (done.before, done.after) == ("20.10.24", "24.0.7")
    assert "Upgrading docker..." in progress.texts("step")
    assert progress.texts()[-2:] == ["Restarting docker...", '"web": engine 20.10.24 -> 24.0.7']


def test_upgrade_starts_a_stopped_machine(upgradable, progress, fresh_driver):
    upgradable.driver.stop()
    upgrade(upgradable)
    assert "Starting machine so machine can be upgraded..." in progress.texts()
    assert fresh_driver.hosts["web"] is State.RUNNING


def test_upgrade_of_an_image_the_driver_cannot_replace(upgradable):
    upgradable.provisioner.upgrades = Plan(image="boot2docker")
    with pytest.raises(MachshError, match="The driver bare cannot replace a machine's image"):
        upgrade(upgradable)


def test_upgrade_of_an_image(upgradable, progress, fresh_driver, monkeypatch):
    replaced = []
    monkeypatch.setattr(
        fresh_driver,
        "replace_image",
        lambda self, image: replaced.append((image, self.state())),
    )
    monkeypatch.setattr(type(upgradable.driver), "capabilities", frozenset({Capability.REPLACES_IMAGE}))
    upgradable.provisioner.upgrades = Plan(image="boot2docker")
    upgrade(upgradable)
    assert replaced == [("boot2docker", State.STOPPED)]
    assert progress.texts()[-4:-1] == [
        "Stopping machine to do the upgrade...",
        'Upgrading machine "web"...',
        "Starting machine back up...",
    ]


def test_an_engine_that_does_not_answer_can_be_upgraded(upgradable, monkeypatch):
    answers = [MachshError("Unable to query docker version"), "24.0.7"]

    def version(machine, url, seconds):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("machsh.machine.upgrade.engine_version", version)
    assert upgrade(upgradable).after == "24.0.7"


def test_a_stopped_machine_is_not_waited_for(machines, create_request):
    machines.create(create_request())
    machines.stop("web")
    for action in (machines.provision, machines.regenerate_certs):
        with pytest.raises(MachineNotRunningError) as caught:
            action("web")
        assert caught.value.hint == "start it first: machsh start web"


def test_a_machine_without_ssh_is_not_waited_for(machines, create_request):
    machines.create(create_request(driver="none", url="tcp://192.0.2.10:2376"))
    with pytest.raises(NoSshError):
        machines.provision("web")


def test_a_missing_driver_is_not_waited_for(machines, create_request, catalog):
    machines.create(create_request())
    del catalog.drivers["bare"]
    with pytest.raises(MachshError, match=r'^Driver "bare" not found'):
        machines.provision("web")
