import sys

import pytest

from machsh.shell.completion.candidate import Candidate, Offer
from machsh.shell.completion.lookup import answer
from machsh.shell.machine_cache import MachineList, MachineSummary
from tests.support.shelf import FakeNames, notes, offered, shelf


@pytest.mark.parametrize(
    ("line", "among"),
    [
        ("", {"create", "ls", "ps", "run", "docker"}),
        ("cre", {"create"}),
        ("docker ", {"ps", "run"}),
        ("machine ", {"create", "ls"}),
        ("network ", {"connect", "ls", "rm"}),
        ("use ", {"alpha", "beta", "local", "-", "cluster:prod"}),
        ("cluster status ", {"cluster:prod"}),
        ("create -d ", {"docker", "generic", "none"}),
        ("create -", {"--driver"}),
        ("run ", {"image-of-alpha"}),
        ("@beta run ", {"image-of-beta"}),
        ("run --restart ", {"no", "always"}),
        ("run --restart=", {"--restart=no", "--restart=always"}),
        ("run --network ", {"network-of-alpha"}),
        ("run -v ", {"volume-of-alpha:"}),
        ("cp ", {"web-1:"}),
        ("cp web-1:/", {"web-1:/etc/"}),
        ("cp web-1:/etc/", {"web-1:/etc/etc/"}),
        ("scp alpha:/", {"alpha:/etc/"}),
        ("scp ", {"alpha:", "prod:"}),
        ("ps --filter ", {"status=", "name=", "label="}),
        ("ps --filter status=", {"status=running", "status=exited"}),
        ("ps --filter network=", {"network=network-of-alpha"}),
        ("ps --format ", {"table", "json", "{{.Names}}"}),
        ("ps --format '{{.ID}} {{.", {"{{.ID}} {{.Names}}"}),
        ("ls --format ", {"{{.Name}}", "{{.State}}"}),
        ("ls --filter ", {"driver=", "state="}),
        ("ls --filter driver=", {"driver=docker"}),
        ("ls --filter state=", {"state=Running"}),
        ("inspect --format ", {"{{.Driver.IPAddress}}"}),
        ("@", {"@alpha", "@all", "@local", "@driver:docker", "@label:tier=web"}),
        ("@alpha,", {"@alpha,beta"}),
        ("@alpha,-", {"@alpha,-beta", "@alpha,-driver:docker"}),
        ("@all --", {"--serial", "--parallel", "--fail-fast", "--group"}),
        ("@all --group --parallel 3 p", {"ps"}),
        ("@al* run ", {"image-of-alpha"}),
        ("@label:tier=web run ", {"image-of-alpha"}),
        ("@cluster:prod run ", {"image-of-alpha"}),
        ("@alpha,-c", {"@alpha,-cluster:prod"}),
        ("ship ", {"image-of-local"}),
        ("ship app:1 ", {"alpha", "beta"}),
        ("ship app:1 alpha @", {"@beta", "@all", "@label:tier=web"}),
        ("stop @", {"@alpha", "@all", "@driver:docker"}),
        ("@all --serial p", {"ps"}),
        ("settings ", {"show", "check"}),
        ("cluster ", {"init", "status", "unlock-key"}),
        ("cluster init new ", {"alpha", "beta"}),
        ("cluster init new alpha @", {"@beta", "@all"}),
        ("cluster join ", {"cluster:prod"}),
        ("cluster join prod ", {"alpha", "beta"}),
        ("cluster leave ", {"alpha"}),
        ("cluster leave --", {"--force"}),
        ("cluster leave -", {"--force", "-y"}),
        ("cluster --", {"--force", "--manager"}),
        ("cluster leave", {"leave"}),
        ("apply --adopt ", {"alpha", "beta"}),
        ("apply --adopt alpha @", {"@beta", "@all"}),
        ("cluster rotate prod ", {"tokens", "ca"}),
        ("cluster deploy prod file ", {"stack-of-alpha"}),
        ("cluster deploy file ", {"stack-of-alpha"}),
        ("logs @al* ", {"web-1", "db"}),
        ("prune @all --filter ", {"until=", "label=", "label!="}),
        ("events @all --filter ", {"event=", "container="}),
        ("events @all --filter event=", {"event=die"}),
        ("logs @alpha,beta --tail 3 ", {"web-1", "db"}),
        ("certs ", {"list", "renew"}),
        ("rename ", {"alpha", "beta"}),
        ("forget ", {"alpha", "beta"}),
        ("reconfigure ", {"alpha", "engine.label+=", "engine.label-=", "engine.label=", "cpus=", "memory="}),
        ("reconfigure alpha ", {"beta", "engine.env+=", "timeout="}),
        ("reconfigure alpha engine.log-level=", {"engine.log-level=debug", "engine.log-level=warn"}),
        ("reconfigure engine.install=", {"engine.install=script", "engine.install=none"}),
        ("reconfigure alpha engine.label-=", {"engine.label-=tier=web"}),
        ("completion ", {"bash", "zsh", "fish"}),
        ("unset ", {"TAG"}),
        ("echo $", {"$TAG"}),
        ("if ", {"ps", "ls"}),
        ("ps; run ", {"image-of-alpha"}),
    ],
)
def test_what_is_offered(line, among):
    assert among <= set(offered(line))


@pytest.mark.parametrize(
    ("line", "absent"),
    [
        ("use alpha ", "alpha"),
        ("@alpha,", "@alpha,alpha"),
        ("run --name ", "image-of-alpha"),
        ("run img ", "image-of-alpha"),
        ("# ", "ps"),
        ("run img sh -", "--detach"),
        ("cluster status prod ", "alpha"),
        ("cluster init ", "alpha"),
        ("cluster init --", "--force"),
        ("cluster leave ", "beta"),
        ("cluster recover prod ", "beta"),
        ("cluster leave --", "--manager"),
        ("cluster promote --", "--json"),
        ("cluster deploy prod file app ", "alpha"),
        ("logs @alpha web-1 ", "db"),
    ],
)
def test_what_is_not_offered(line, absent):
    assert absent not in offered(line)


def test_flag_values():
    assert offered("run -d ") == ["image-of-alpha"]
    assert offered("run --name ") == []
    assert offered("run -it ") == offered("run ")
    assert [word.removeprefix("--restart=") for word in offered("run --restart=")] == offered(
        "run --restart "
    )


def test_verbs_are_offered_with_what_they_do():
    assert notes("cluster ")["drain"] == "give their tasks to others"


def test_names_with_state():
    assert notes("exec ") == {"web-1": "nginx · running"}
    assert notes("docker start ") == {"db": "postgres · exited"}
    assert set(notes("logs ")) == {"web-1", "db"}


def test_machines_by_state():
    assert offered("start ") == ["beta"]
    assert offered("ssh ") == ["alpha", "prod"]
    assert notes("use ")["prod"] == "generic · running · protected"


def test_last_used_comes_first():
    sources = shelf()
    sources.touch(["use", "prod"])
    assert offered("use ", sources)[0] == "prod"


def test_a_stacks_file_is_offered_with_and_without_its_cluster(tmp_path):
    (tmp_path / "stack.yml").write_text("")
    (tmp_path / "folder").mkdir()
    sources = shelf(str(tmp_path))
    assert set(offered("cluster deploy ", sources)) == {"cluster:prod", "stack.yml", "folder/"}
    for line in ("cluster deploy prod ", "cluster deploy cluster:prod "):
        assert set(offered(line, sources)) == {"stack.yml", "folder/"}
    assert offered("cluster deploy prod fol", sources) == ["folder/"]


def test_the_containers_of_the_first_machines_of_a_selection_are_offered_each_once():
    asked = []

    class Names(FakeNames):
        def offer(self, machine, kind):
            asked.append(machine)
            own = (Candidate("site", "", "state.running"), Candidate(f"on-{machine}", "", "state.exited"))
            return Offer(kind, machine, own, 1.0, is_pending=machine == "beta")

    sources = shelf()
    sources.live = Names()
    fleet = tuple(MachineSummary(name) for name in ("alpha", "beta", "gamma", "delta"))
    sources.states.fleet = MachineList.of(fleet, 1e9)
    found = answer("logs @all ", sources)
    assert [one.text for one in found.candidates()] == ["site", "on-alpha", "on-beta", "on-gamma"]
    assert (asked, found.is_pending) == (["alpha", "beta", "gamma"], True)
    asked.clear()
    answer("logs @-alpha,-b* ", sources)
    assert asked == ["gamma", "delta"]


def test_local_paths(tmp_path):
    (tmp_path / "my folder").mkdir()
    (tmp_path / "my folder" / "in").write_text("")
    (tmp_path / "file").write_text("")
    (tmp_path / ".hidden").write_text("")
    sources = shelf(tmp_path)
    assert offered("source ", sources) == ["file", "my folder/"]
    assert offered("source my\\ folder/", sources) == ["my folder/in"]
    assert offered("source .", sources) == [".hidden"]
    assert offered("source ~/f", sources) == ["~/file", "~/my folder/"]
    assert offered("run --env-file ", sources) == ["file", "my folder/"]
    assert offered("cd ", sources) == ["my folder/"]
    assert offered("ps > f", sources) == ["file", "my folder/"]
    assert offered("build ", sources) == []


def test_programs_after_bang_and_pipe(tmp_path):
    program = tmp_path / "grepper"
    program.write_text("")
    program.chmod(0o755)
    (tmp_path / "notes").write_text("")
    sources = shelf(tmp_path)
    assert offered("!gr", sources) == ["grepper"]
    assert offered("ps | ", sources) == ["grepper"]
    assert offered("ps | grepper n", sources) == ["notes"]
    assert offered("ps > n", sources) == ["notes"]


def test_driver_options_without_importing_other_drivers(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("machsh.drivers.")]:
        if name.rpartition(".")[2] not in ("driver", "registry", "capabilities"):
            monkeypatch.delitem(sys.modules, name)
    sources = shelf()
    offered("create -d none --", sources)
    found = notes("create -d none --", sources)
    assert "--url" in found
    assert not [name for name in found if name.startswith("--generic")]
    assert "machsh.drivers.generic" not in sys.modules
    assert "machsh.drivers.docker" not in sys.modules


def test_defaults_and_variables_of_driver_options():
    sources = shelf()
    offered("create -d generic --", sources)
    found = notes("create -d generic --", sources)
    assert "$GENERIC_SSH_PORT" in found["--generic-ssh-port"]
    assert "[22]" in found["--generic-ssh-port"]
