"""A stack is deployed by docker's own command, whose failure is the command's; and what it leaves behind."""

import pytest

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
