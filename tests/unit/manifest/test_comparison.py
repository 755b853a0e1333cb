"""When a machine is as the file says, although its record cannot tell all of it: nothing is replaced for nothing."""

import itertools

import pytest

from machsh.errors import MachshError
from machsh.options import Option
from tests.support.machines import FakeDriver, VirtualDriver
from tests.support.manifests import applied, loaded, planned, signs

FAKE = '[machines.web]\ndriver = "fake"\n'
VIRTUAL = '[machines.web]\ndriver = "virtual"\n'


def forget(machines):
    """Let the store know no more what was applied."""
    (machines.store.folder / "fleets" / "shop.json").unlink()


@pytest.mark.parametrize(
    ("former", "new"),
    [
        ('tls-san = ["a.b"]', 'tls-san = ["a.b", "c.d"]'),
        ("cert-days = 30", "cert-days = 40"),
        ('cert-key-type = "ecdsa"', 'cert-key-type = "rsa"'),
        ('swarm-strategy = "spread"', 'swarm-strategy = "binpack"'),
        ('fake-size = "2"', 'fake-size = "3"'),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_what_only_create_can_give_is_compared_by_the_record_too(
    machines, engine, tmp_path, former, new, is_known
):
    applied(machines, loaded(tmp_path, FAKE + former))
    if not is_known:
        forget(machines)
    assert planned(machines, loaded(tmp_path, FAKE + former)).is_empty
    assert signs(planned(machines, loaded(tmp_path, FAKE + new))) == ["-/+ web"]


def test_what_the_file_says_as_before_is_not_compared_with_a_record_that_changed(machines, engine, tmp_path):
    text = f'{VIRTUAL}tls-san = ["a.b"]\n'
    applied(machines, loaded(tmp_path, text))
    with machines.store.change("web") as record:
        record.auth.server_cert_sans = ["c.d"]
    assert planned(machines, loaded(tmp_path, text)).is_empty


def test_what_no_record_tells_is_compared_by_what_was_applied(machines, engine, tmp_path):
    applied(machines, loaded(tmp_path, f'{FAKE}fake-size = "2"\n'))
    other = loaded(tmp_path, f'{FAKE}fake-size = "02"\n')
    assert signs(planned(machines, other)) == ["-/+ web"]
    forget(machines)
    assert planned(machines, other).is_empty


def test_what_a_driver_makes_up_each_time_is_no_difference(machines, engine, tmp_path, monkeypatch):
    configure, count = FakeDriver.configure, itertools.count()

    def with_mark(self, values):
        configure(self, values)
        self.record.power = f"mark {next(count)}"

    monkeypatch.setattr(FakeDriver, "configure", with_mark)
    manifest = loaded(tmp_path, f'{FAKE}fake-size = "2"\n')
    applied(machines, manifest)
    forget(machines)
    assert planned(machines, manifest).is_empty


@pytest.fixture
def requiring(monkeypatch):
    """The fake driver does nothing without a size, as many driver programs without a token."""
    configure = FakeDriver.configure

    def configure_or_refuse(self, values):
        if not values.text("fake-size"):
            raise MachshError("fake-size is missing")
        configure(self, values)

    monkeypatch.setattr(FakeDriver, "configure", configure_or_refuse)


@pytest.mark.parametrize("more", ["", 'tls-san = ["a.b"]\n', 'swarm-strategy = "binpack"\n'])
def test_an_option_without_which_the_driver_does_nothing_is_compared(
    machines, engine, tmp_path, requiring, more
):
    applied(machines, loaded(tmp_path, f'{FAKE}fake-size = "2"\n{more}'))
    forget(machines)
    assert planned(machines, loaded(tmp_path, f'{FAKE}fake-size = "2"\n{more}')).is_empty
    (step,) = planned(machines, loaded(tmp_path, f'{FAKE}fake-size = "3"\n{more}')).machines
    assert step.differences.fixed == ("fake-size",)


def test_a_required_secret_replaces_nothing_the_second_time(machines, engine, tmp_path, requiring):
    text = f'{FAKE}fake-size = "${{size}}"\n[secrets]\nsize = {{ env = "SIZE" }}\n'
    applied(machines, loaded(tmp_path, text, variables={"SIZE": "4711"}))
    assert planned(machines, loaded(tmp_path, text, variables={"SIZE": "4711"})).is_empty
    assert signs(planned(machines, loaded(tmp_path, text, variables={"SIZE": "4712"}))) == ["-/+ web"]


def test_a_required_option_is_not_taken_for_the_cause_of_what_another_sets(
    machines, engine, tmp_path, monkeypatch
):
    configure = VirtualDriver.configure

    def with_token(self, values):
        if not values.text("fake-token"):
            raise MachshError("fake-token is missing")
        configure(self, values)
        self.record.power = values.text("fake-token")

    monkeypatch.setattr(VirtualDriver, "configure", with_token)
    monkeypatch.setattr(VirtualDriver, "options", (*FakeDriver.options, Option("fake-token", "Who")))
    manifest = loaded(tmp_path, f'{VIRTUAL}fake-size = "2"\nfake-token = "abc"\n')
    applied(machines, manifest)
    machines.reconfigure("web", changes=["cpus=8"])
    forget(machines)
    assert signs(planned(machines, manifest)) == ["~ web"]


def test_engine_settings_that_the_file_set_go_back_and_no_others(machines, engine, tmp_path):
    applied(machines, loaded(tmp_path, f'{VIRTUAL}timeout = 7\nengine-label = ["a=b"]\n'))
    plan = applied(machines, loaded(tmp_path, VIRTUAL))
    assert signs(plan) == ["~! web"]
    record = machines.get("web").record
    assert record.engine.labels == []
    assert planned(machines, loaded(tmp_path, f"{VIRTUAL}timeout = 7\n")).is_empty


def test_a_protection_alone_changes_nothing_else(machines, engine, tmp_path, monkeypatch):
    applied(machines, loaded(tmp_path, VIRTUAL))
    monkeypatch.setattr(type(machines), "reconfigure", None)
    assert signs(applied(machines, loaded(tmp_path, f"{VIRTUAL}protect = true\n"))) == ["~ web"]
    assert machines.get("web").record.machsh.protected


def test_a_replaced_machine_is_protected_as_the_file_says(machines, engine, tmp_path):
    applied(machines, loaded(tmp_path, f"{VIRTUAL}protect = true\n"))
    with machines.store.change("web") as record:
        record.machsh.protected = False
    for text in (f'{VIRTUAL}protect = true\ntls-san = ["a.b"]\n', f"{FAKE}protect = true\n"):
        with machines.store.change("web") as record:
            record.machsh.protected = True
        # Protected as the file says: the plan has nothing to say of it but for the machine that is made anew.
        present = loaded(tmp_path, text)
        with pytest.raises(MachshError, match="it is protected"):
            planned(machines, present)


def test_the_users_limit_is_that_of_a_change(machines, engine, tmp_path, monkeypatch):
    from machsh.manifest.carry_out import PlanRun
    from machsh.manifest.fleet_state import FleetState
    from machsh.testing.fakes import RecordingProgress

    applied(machines, loaded(tmp_path, VIRTUAL))
    said = []
    monkeypatch.setattr(type(machines), "reconfigure", lambda *_, seconds, **__: said.append(seconds))
    manifest = loaded(tmp_path, f'{VIRTUAL}engine-label = ["a=b"]\n')
    state = FleetState(machines.store, "shop")
    PlanRun(machines, manifest, state, RecordingProgress(), seconds=7).run(planned(machines, manifest))
    assert said == [7]
