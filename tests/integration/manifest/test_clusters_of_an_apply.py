"""Applies of machines that are in clusters, and of stacks; what clusters themselves do is stood in for."""

import pytest

from machsh.cluster import deployment
from machsh.errors import MachshError
from machsh.manifest import carry_out
from machsh.manifest.fleet_state import FleetState
from tests.support.machines import VirtualDriver
from tests.support.manifests import applied, loaded

WEB = '[machines."web[1-3]"]\ndriver = "virtual"\n'
CHANGED = '[machines."web[1-2]"]\ndriver = "fake"\n'
"""After WEB: web1 and web2 are replaced, and web3 is removed."""


@pytest.fixture
def made(machines, engine, tmp_path):
    """Three machines of a fleet, two of which are in a cluster."""
    applied(machines, loaded(tmp_path, WEB))
    for name in ("web1", "web3"):
        with machines.store.change(name) as record:
            record.machsh.cluster, record.machsh.node_id = "prod", f"id-{name}"
    return machines


def test_what_is_destroyed_leaves_its_cluster_before(made, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(carry_out, "check_may_leave", lambda _, names: said.append(("asked for", *names)))
    monkeypatch.setattr(
        carry_out,
        "leave",
        lambda machines, names, *_, **__: said.append((*names, machines.store.load(names[0]).driver_name)),
    )
    applied(made, loaded(tmp_path, CHANGED), prunes=True)
    assert said[0] == ("asked for", "web1", "web3")
    assert sorted(said[1:]) == [("web1", "virtual"), ("web3", "virtual")]


def test_an_apply_that_would_take_the_majority_away_does_nothing(made, tmp_path, monkeypatch):
    def refuse(machines, names):
        raise MachshError("quorum needs web1")

    monkeypatch.setattr(carry_out, "check_may_leave", refuse)
    with pytest.raises(MachshError, match="quorum needs web1"):
        applied(made, loaded(tmp_path, CHANGED), prunes=True)
    assert {made.get(name).record.driver_name for name in made.names()} == {"virtual"}
    assert FleetState(made.store, "shop").begun == []


@pytest.mark.parametrize(
    "error", [MachshError("wrong: s3cret-9", hint="not s3cret-9"), RuntimeError("wrong: s3cret-9")]
)
def test_an_error_of_a_machine_holds_no_secret(machines, engine, tmp_path, monkeypatch, error):
    def refused(self):
        raise error

    monkeypatch.setattr(VirtualDriver, "create", refused)
    text = f'{WEB}engine-label = ["x=${{token}}"]\n[secrets]\ntoken = {{ env = "TOKEN" }}\n'
    with pytest.raises(MachshError, match=r"web1: .*wrong: \(secret\)") as raised:
        applied(machines, loaded(tmp_path, text, variables={"TOKEN": "s3cret-9"}))
    assert "s3cret" not in f"{raised.value} {raised.value.hint}"


def test_a_creation_is_gone_on_with_by_what_the_file_says_now(machines, engine, tmp_path, monkeypatch):
    def refused(self):
        raise MachshError("no host for you")

    monkeypatch.setattr(VirtualDriver, "create", refused)
    with pytest.raises(MachshError):
        applied(machines, loaded(tmp_path, '[machines.web]\ndriver = "virtual"\n'))
    told = []
    monkeypatch.setattr(type(machines), "resume", lambda _, name, changes, **__: told.append((name, changes)))
    text = '[machines.web]\ndriver = "virtual"\nfake-size = "3"\nengine-label = ["a=b"]\n'
    applied(machines, loaded(tmp_path, text))
    assert told == [("web", {"engine-label": ["a=b"]})]


def test_stacks_are_deployed_after_their_cluster_and_remembered(machines, engine, tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(carry_out, "init", lambda _, name, *__: done.append(f"cluster {name}"))
    monkeypatch.setattr(
        deployment, "deploy", lambda _, cluster, wanted, *__: done.append(f"{wanted.stack} in {cluster}")
    )
    (tmp_path / "app.yml").write_text("services: {}\n")
    text = f'{WEB}[clusters.prod]\nmanagers = "web1"\n[stacks.app]\ncluster = "prod"\nfile = "app.yml"\n'
    applied(machines, loaded(tmp_path, text))
    assert done == ["cluster prod", "app in prod"]
    state = FleetState(machines.store, "shop")
    assert ([name for name, _ in state.stacks], state.begun) == (["app"], [])
