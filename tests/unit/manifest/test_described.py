"""Machines that exist, as a file says them: `apply` of that file finds nothing to do."""

import tomllib

import pytest

from machsh.cluster.nodes import MANAGER, WORKER, Node
from machsh.errors import MachshError, RefusedError
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


class KnownNodes:
    """The manager of a cluster, for as long as somebody asks it."""

    def __init__(self, **roles):
        self.listed = [Node(name, name, role, "active", "ready") for name, role in roles.items()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def nodes(self):
        return self.listed


def test_a_cluster_of_whose_managers_none_is_described_is_left_out(
    machines, engine, create_request, tmp_path, monkeypatch
):
    for name in ("m", "w"):
        machines.create(create_request(name, "virtual"))
        with machines.store.change(name) as record:
            record.machsh.cluster, record.machsh.node_id = "prod", name
    monkeypatch.setattr(described_module, "manager_of", lambda *_: KnownNodes(m=MANAGER, w=WORKER))
    assert '[clusters.prod]\nmanagers = ["m"]\nworkers = ["w"]\n' in described(machines)
    text = described(machines, "w")
    assert "# The cluster prod is left out: none of its managers is described here,\n# only w.\n" in text
    assert not loaded(tmp_path, text).clusters


def test_machines_of_no_fleet_join_that_of_the_others(machines, engine, create_request, tmp_path):
    applied(machines, loaded(tmp_path, '[machines.web]\ndriver = "virtual"\n'))
    machines.create(create_request("db", "virtual"))
    again = loaded(tmp_path, described(machines), file="other.toml")
    assert again.fleet == "shop"
    plan = planned(machines, again)
    assert (plan.is_empty, plan.taken_over) == (True, ("db",))


def test_machines_of_two_fleets_need_two_files(machines, engine, tmp_path):
    for name, file in (("web", "shop.toml"), ("db", "data.toml")):
        applied(machines, loaded(tmp_path, f'[machines.{name}]\ndriver = "virtual"\n', file=file))
    with pytest.raises(RefusedError, match="different fleets: data, shop") as caught:
        described(machines)
    assert caught.value.hint in (
        "describe those of one: machsh apply --adopt db",
        "describe those of one: machsh apply --adopt web",
    )


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


def test_a_cluster_is_described_by_the_machines_that_are_asked_for(machines, create_request, monkeypatch):
    manager = KnownNodes(web=MANAGER, db=WORKER)
    manager.listed[0].labels["disk"] = "ssd"
    monkeypatch.setattr(described_module, "manager_of", lambda *_: manager)
    for name in ("web", "lost", "db"):
        machines.create(create_request(name))
        with machines.store.change(name) as record:
            record.machsh.cluster, record.machsh.node_id = "prod", name
    text = described(machines, "web", "lost")
    assert text.endswith('[clusters.prod]\nmanagers = ["web"]\n\n[clusters.prod.labels.web]\ndisk = "ssd"\n')
    assert 'workers = ["db"]' in described(machines, "web", "db")


@pytest.mark.parametrize("text", ["a\x7fb", "a\nb\t", '\\ and "', "ä☃", "\x01"])
def test_any_text_is_written_as_toml_reads_it(text):
    assert tomllib.loads(f"x = {described_module._toml(text)}") == {"x": text}


def test_settings_of_an_engine_that_nobody_sets_up_are_not_described(machines, create_request):
    machines.create(create_request("web", "bare", engine_label=["a=b"]))
    assert "engine-label" not in described(machines)
