"""A stack is deployed by docker's own command, whose failure is the command's; and what it leaves behind."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from machsh.cluster import deployment
from machsh.cluster.deployment import Deployment, deploy, remove_unused
from machsh.cluster.stack_file import CONTENT_LABEL
from machsh.errors import MachshError
from machsh.progress import NullProgress


@pytest.fixture
def app(session, swarm, tmp_path):
    """A function that deploys a stack, with what docker answers; it keeps what docker was told."""
    file = tmp_path / "app.yml"
    file.write_text("services: {}\n")

    def run(code=0, **options):
        told = []
        wanted = Deployment(file, "app", **options)
        deploy(
            session.machines, "prod", wanted, lambda *words: told.append(words) or code, NullProgress(), {}
        )
        return told

    return run


def test_docker_is_told_on_a_manager(app):
    ((words, manager),) = app(options=("--prune",), detach=True)
    assert (words[:2], words[-2:], manager in ("m1", "m2")) == (["stack", "deploy"], ["--prune", "app"], True)


@pytest.mark.parametrize(
    ("help_text", "options"), [("  -d, --detach  Exit", ["--detach=true"]), ("  -c", [])]
)
def test_a_docker_that_may_wait_by_itself_is_told_not_to(app, session, tmp_path, help_text, options):
    docker = tmp_path / "cli" / "docker"
    docker.parent.mkdir()
    docker.write_text(f"#!/bin/sh\necho '{help_text}'\n")
    docker.chmod(0o755)
    session.machines.environment.variables["PATH"] = str(docker.parent)
    ((words, _),) = app(detach=True)
    assert [word for word in words if word.startswith("--detach")] == options


def test_what_docker_refuses_has_its_exit_code(app):
    with pytest.raises(MachshError, match='docker did not deploy "app"') as raised:
        app(code=5)
    assert raised.value.code == 5


class Objects:
    """A manager that lists the configs of a stack, and removes them."""

    def __init__(self, configs, services):
        self.configs, self._services, self.removed = configs, services, []

    def services(self):
        return self._services

    def stack_objects(self, kind, stack):
        return self.configs if kind == "configs" else []

    def remove_object(self, kind, identity):
        self.removed.append(identity)


def config(identity, name, **labels):
    return {"ID": identity, "Spec": {"Name": name, "Labels": labels}}


def using(identity):
    return {"TaskTemplate": {"ContainerSpec": {"Configs": [{"ConfigID": identity}]}}}


def test_configs_of_former_contents_go_when_neither_a_service_nor_its_way_back_needs_them():
    own = {CONTENT_LABEL: "1"}
    configs = [
        config("now", "app_site-3", **own),
        config("before", "app_site-2", **own),
        config("old", "app_site-1", **own),
        config("new", "app_site-4", **own),
        config("by-hand", "app_other"),
    ]
    api = Objects(configs, [{"Spec": using("now"), "PreviousSpec": using("before")}])
    remove_unused(api, "app", {"configs": {"site": {"name": "app_site-4"}}}, NullProgress())
    assert api.removed == ["old"]


def service(name, update=""):
    spec = {"Name": name, "Mode": {"Replicated": {"Replicas": 1}}, "UpdateConfig": {"Monitor": 1}}
    return {"ID": name, "Spec": spec, "UpdateStatus": {"State": update, "Message": update}}


def task(name):
    status = {"State": "running", "Timestamp": "2026-01-01T00:00:00Z"}
    return {
        "ServiceID": name,
        "Slot": 1,
        "DesiredState": "running",
        "Status": status,
        "Version": {"Index": 1},
    }


@pytest.fixture
def looks(monkeypatch):
    """What managers list, one look after the other, of which the last stays: an error, or (name, its update)."""
    found = []

    @contextmanager
    def manager_of(machines, cluster):
        yield SimpleNamespace(stack_objects=listed, machine=SimpleNamespace(name="m1"))

    def listed(kind, stack, **more):
        told = found[0]
        if isinstance(told, MachshError):
            if len(found) > 1:
                del found[0]
            raise told
        if kind == "tasks" and len(found) > 1:
            del found[0]
        return [task(name) for name, _ in told] if kind == "tasks" else [service(*one) for one in told]

    monkeypatch.setattr(deployment, "manager_of", manager_of)
    monkeypatch.setattr(deployment, "PAUSE_SECONDS", 0.01)
    return found


def watch(seconds=20.0):
    deployment._StackWatch(None, "prod", "app", NullProgress()).wait(seconds)


def test_a_manager_that_is_lost_while_it_is_waited_is_asked_again(looks):
    looks += [MachshError("no manager answers"), [("app_web", "")]]
    watch()


def test_managers_that_stay_away_are_the_reason_in_the_end(looks):
    looks.append(MachshError("no manager answers"))
    with pytest.raises(MachshError, match="no manager answers"):
        watch(0.1)


def test_a_failure_is_told_when_no_service_is_rolling_back_any_more(looks):
    back = "rollback_completed"
    looks += [[("app_db", back), ("app_web", "rollback_started")], [("app_db", back), ("app_web", back)]]
    with pytest.raises(MachshError) as caught:
        watch()
    assert "app_db" in str(caught.value)
    assert "app_web" in str(caught.value)
