from dataclasses import replace

import pytest

from machsh.engine.docker_contexts import ContextStore, DockerContext
from machsh.machine.machines import Machines
from machsh.machine.reach.followers import machine_moved
from machsh.machine.reach.machine_contexts import MachineContexts
from machsh.testing.fakes import FakeEnvironment, ScriptedAsk


@pytest.fixture
def contexts(machines):
    return ContextStore(machines.environment)


def names(contexts):
    return [one.name for one in contexts.read()]


def test_every_machine_gets_a_context_and_a_second_sync_changes_nothing(machines, create_request, contexts):
    for name in ("web", "db"):
        machines.create(create_request(name=name))
    assert names(contexts) == []
    result = MachineContexts(machines).sync()
    assert result.written == names(contexts) == ["machsh-db", "machsh-web"]
    again = MachineContexts(machines).sync()
    assert (again.written, again.unchanged) == ([], ["machsh-db", "machsh-web"])


def test_a_context_leads_to_the_kept_socket_and_copies_no_key(machines, create_request, contexts):
    machines.create(create_request())
    MachineContexts(machines).sync()
    (context,) = contexts.read()
    assert context.host.startswith("unix:///")
    assert "web-" in context.host
    assert not (contexts.folder / "contexts" / "tls").exists()


def test_a_machine_that_is_made_later_has_a_context_at_once_if_others_do(machines, create_request, contexts):
    machines.create(create_request())
    assert names(contexts) == []
    MachineContexts(machines).sync()
    machines.create(create_request(name="db"))
    assert names(contexts) == ["machsh-db", "machsh-web"]


def test_a_removed_machine_leaves_no_context(machines, create_request, contexts, progress):
    for name in ("web", "db"):
        machines.create(create_request(name=name))
    MachineContexts(machines).sync()
    (contexts.folder / "config.json").write_text('{"currentContext": "machsh-web"}')
    machines.remove("web")
    assert names(contexts) == ["machsh-db"]
    assert any("machsh-web" in text for text in progress.texts("warning"))


def test_a_machine_that_vanished_otherwise_is_shown_and_pruned(machines, create_request, contexts):
    machines.create(create_request())
    MachineContexts(machines).sync()
    machines.store.remove("web")
    (state,) = MachineContexts(machines).states()
    assert (state.machine, state.is_orphan) == ("web", True)
    assert MachineContexts(machines).sync().removed == ["machsh-web"]
    assert names(contexts) == []


def test_contexts_that_are_not_ours_are_never_touched(machines, create_request, contexts):
    own = DockerContext("machsh-web", "tcp://192.0.2.1:2376", "mine")
    contexts.write(own)
    machines.create(create_request())
    (written,) = MachineContexts(machines).sync().written
    assert written.startswith("machsh-web-")
    assert MachineContexts(machines).sync().unchanged == [written]
    assert MachineContexts(machines).remove().removed == [written]
    assert contexts.read() == [own]


def test_two_stores_with_a_machine_of_one_name_have_a_context_each(
    machines, create_request, contexts, tmp_path, catalog, progress
):
    environment = FakeEnvironment(tmp_path, variables={"MACHINE_STORAGE_PATH": str(tmp_path / "second")})
    second = Machines(environment, catalog=catalog, progress=progress, ask=ScriptedAsk())
    for one in (machines, second):
        one.create(create_request())
        MachineContexts(one).sync()
    assert len(names(contexts)) == 2
    assert len({one.host for one in contexts.read()}) == 2
    second.remove("web")
    assert names(contexts) == ["machsh-web"]


def test_a_description_of_the_users_stays(machines, create_request, contexts):
    machines.create(create_request())
    MachineContexts(machines).sync()
    (context,) = contexts.read()
    contexts.write(DockerContext(context.name, context.host, "mine", context.mark))
    assert MachineContexts(machines).sync().written == []
    assert contexts.read()[0].description == "mine"


def test_a_broken_machine_has_its_context_all_the_same(machines, create_request, contexts):
    machines.create(create_request())
    machines.store.config_path("web").write_text("{")
    assert MachineContexts(machines).sync().written == ["machsh-web"]


def test_a_machine_with_an_odd_name_has_a_context_that_docker_takes(machines, contexts):
    (machines.store.machines_folder / "a b\n%").mkdir(parents=True)
    (machines.store.machines_folder / "a b\n%" / "config.json").write_text("{")
    (name,) = MachineContexts(machines).sync().written
    assert name.replace("-", "").isalnum()


def test_a_renamed_machine_takes_its_context_along(machines, create_request, contexts, progress):
    machines.create(create_request())
    MachineContexts(machines).sync()
    machines.store.machine_folder("web").rename(machines.store.machine_folder("shop"))
    machine_moved(machines, "web", "shop", progress.warning)
    assert names(contexts) == ["machsh-shop"]


def test_a_docker_folder_that_cannot_be_written_fails_no_removal(
    machines, create_request, contexts, progress, monkeypatch
):
    machines.create(create_request())
    MachineContexts(machines).sync()

    def refuse(*words):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", refuse)
        patch.setattr(
            "machsh.machine.records.hidden_folders.remove", lambda folder: folder.rename(f"{folder}.gone")
        )
        machines.remove("web")
    assert any("context" in text for text in progress.texts("warning"))


def test_a_context_follows_its_socket_and_keeps_what_the_user_wrote(machines, create_request, contexts):
    machines.create(create_request())
    MachineContexts(machines).sync()
    (made,) = contexts.read()
    contexts.write(replace(made, host="unix:///run/user/4/machsh/old.sock", description="mine"))
    assert MachineContexts(machines).sync().written == ["machsh-web"]
    assert contexts.read() == [replace(made, description="mine")]
