"""Machines that exist, as a file says them: `apply` of that file finds nothing to do."""

import tomllib

import pytest

from machsh.cluster.nodes import MANAGER, WORKER, Node
from machsh.errors import MachshError
from machsh.manifest import described as described_module
from machsh.manifest.described import describe
from machsh.options import Option
from tests.support.machines import FakeDriver
from tests.support.manifests import applied, create_options, loaded, planned


def described(machines, *names):
    return describe(machines, names or machines.names(), create_options(machines.environment))


def test_the_file_finds_nothing_to_do(machines, engine, create_request, tmp_path):
    labels = ["a=$1", 'b="quoted"', "c=${name}"]
    machines.create(create_request("big", "virtual", fake_size="7", engine_label=labels))
    machines.create(create_request("small", "bare", tls_san=["x.example.org"]))
    text = described(machines)
    assert 'fake-size = "7"' in text
    assert 'tls-san = ["x.example.org"]' in text
    manifest = loaded(tmp_path, text)
    assert manifest.machines["big"].options["engine-label"] == labels
    assert planned(machines, manifest).is_empty
    applied(machines, manifest)
    assert described(machines).count('name = "shop"') == 1
    assert planned(machines, loaded(tmp_path, described(machines), file="other.toml")).is_empty


@pytest.mark.parametrize(
    "variables", [["HTTP_PROXY=http://me:hush@proxy.example.org"], ["KEY=hush"], ["NO_PROXY=a", "KEY=hush"]]
)
def test_what_may_be_secret_is_left_out(machines, engine, create_request, tmp_path, variables):
    machines.create(create_request("web", "virtual", engine_env=variables))
    text = described(machines)
    assert "hush" not in text
    assert "# engine-env is left out" in text
    assert planned(machines, loaded(tmp_path, text)).is_empty


def test_a_proxy_without_password_is_no_secret(machines, engine, create_request):
    machines.create(create_request("web", "virtual", engine_env=["HTTP_PROXY=http://proxy.example.org"]))
    assert 'engine-env = ["HTTP_PROXY=http://proxy.example.org"]' in described(machines)


def test_a_creation_that_is_not_finished_is_refused(machines, create_request):
    machines.create(create_request("web"))
    with machines.store.change("web") as record:
        record.machsh.phase = "engine"
    with pytest.raises(MachshError, match="not finished"):
        described(machines)


class KeptDriver(FakeDriver):
    """A driver with an option whose value its record keeps."""

    def configure(self, values):
        super().configure(values)
        self.record.power = values.text(self.options[-1].name)


@pytest.mark.parametrize(
    ("option", "value", "is_shown"),
    [
        (Option("fake-zone", "Where"), "hush", True),
        (Option("fake-key-of", "Who", secret=True), "hush", False),
        (Option("fake-password", "Word"), "hush", False),
        (Option("fake-url", "Where"), "https://me:hush@api.example.org", False),
    ],
)
def test_a_drivers_secrets_are_left_out(
    machines, catalog, create_request, monkeypatch, option, value, is_shown
):
    monkeypatch.setattr(KeptDriver, "options", (option,))
    catalog.drivers["bare"] = type(
        "KeptBareDriver", (KeptDriver,), {"name": "bare", "capabilities": frozenset()}
    )
    machines.create(create_request("web", "bare", **{option.name: value}))
    text = describe(machines, ["web"], create_options(machines.environment, catalog))
    assert ("hush" in text, f"# {option.name} is left out" in text) == (is_shown, not is_shown)


def test_a_protected_machine_stays_so(machines, create_request):
    machines.create(create_request("web"))
    with machines.store.change("web") as record:
        record.machsh.protected = True
    assert "protect = true" in described(machines)


def test_machines_of_several_fleets_are_not_said_to_be_of_one(machines, create_request):
    for name in ("web", "db"):
        machines.create(create_request(name))
    for name, fleet in (("web", "shop"), ("db", "blog")):
        with machines.store.change(name) as record:
            record.machsh.fleet = fleet
    assert "name =" not in described(machines)
    assert 'name = "shop"' in described(machines, "web")


def test_a_cluster_is_described_by_the_machines_that_are_asked_for(machines, create_request, monkeypatch):
    nodes = {"web": Node("id", "web", MANAGER, "active", "ready", labels={"disk": "ssd"})}

    class Api:
        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def nodes(self):
            return nodes

    def node_named(machines, nodes, name):
        if name not in nodes:
            raise MachshError("the swarm does not know it")
        return nodes[name]

    monkeypatch.setattr(described_module, "manager_of", Api)
    monkeypatch.setattr(described_module, "node_named", node_named)
    for name in ("web", "lost", "db"):
        machines.create(create_request(name))
        with machines.store.change(name) as record:
            record.machsh.cluster = "prod"
    nodes["db"] = Node("id2", "db", WORKER, "active", "ready")
    text = described(machines, "web", "lost")
    assert text.endswith('[clusters.prod]\nmanagers = ["web"]\n\n[clusters.prod.labels.web]\ndisk = "ssd"\n')
    assert 'workers = ["db"]' in described(machines, "db")


@pytest.mark.parametrize("text", ["a\x7fb", "a\nb\t", '\\ and "', "ä☃", "\x01"])
def test_any_text_is_written_as_toml_reads_it(text):
    assert tomllib.loads(f"x = {described_module._toml(text)}") == {"x": text}


def test_settings_of_an_engine_that_nobody_sets_up_are_not_described(machines, create_request):
    machines.create(create_request("web", "bare", engine_label=["a=b"]))
    assert "engine-label" not in described(machines)
