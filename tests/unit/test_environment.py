"""What the process is told by its variables: paths mean the same wherever the session goes."""

import errno
import re

import pytest

from machsh.commands import global_options
from machsh.engine.docker_contexts import ContextStore
from machsh.environment import PATH_VARIABLES
from machsh.files import explain
from machsh.testing.fakes import FakeEnvironment

FOLDERS = {
    "MACHINE_STORAGE_PATH": lambda environment: environment.store_folder,
    "MACHSH_CONFIG_HOME": lambda environment: environment.config_folder,
    "MACHSH_CACHE_HOME": lambda environment: environment.cache_folder,
    "MACHSH_STATE_HOME": lambda environment: environment.state_folder,
    "XDG_CONFIG_HOME": lambda environment: environment.config_folder.parent,
    "XDG_CACHE_HOME": lambda environment: environment.cache_folder.parent,
    "XDG_STATE_HOME": lambda environment: environment.state_folder.parent,
}
MEANT = [
    ("store", "{here}/store"),
    ("./store", "{here}/store"),
    ("a//b/", "{here}/a/b"),
    (".", "{here}"),
    ("../x", "{here}/../x"),
    ("~", "{home}"),
    ("~/st", "{home}/st"),
    ("~nosuchuser/st", "{here}/~nosuchuser/st"),
    ("/srv/store", "/srv/store"),
    ("/srv/~/x", "/srv/~/x"),
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.mark.parametrize(("given", "meant"), MEANT)
@pytest.mark.parametrize("name", sorted({*PATH_VARIABLES, "MACHINE_LATER_PATH"}))
def test_a_path_in_a_variable_is_made_absolute_once(here, monkeypatch, tmp_path, name, given, meant):
    environment = FakeEnvironment(tmp_path / "home", variables={name: given})
    monkeypatch.chdir("/")
    expected = meant.format(here=here, home=tmp_path / "home")
    assert environment.variable(name) == expected
    assert environment.child_variables({})[name] == expected
    if name in FOLDERS:
        assert str(FOLDERS[name](environment)) == expected


@pytest.mark.parametrize(("given", "meant"), MEANT)
@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--storage-path"], "MACHINE_STORAGE_PATH"),
        (["-s"], "MACHINE_STORAGE_PATH"),
        (["--tls-ca-cert"], "MACHINE_TLS_CA_CERT"),
        (["--tls-ca-key"], "MACHINE_TLS_CA_KEY"),
        (["--tls-client-cert"], "MACHINE_TLS_CLIENT_CERT"),
        (["--tls-client-key"], "MACHINE_TLS_CLIENT_KEY"),
    ],
)
def test_a_path_in_an_option_is_made_absolute_once(here, monkeypatch, tmp_path, words, name, given, meant):
    environment = FakeEnvironment(tmp_path / "home", arguments=(*words, given, "ls"))
    global_options.read(environment)
    monkeypatch.chdir("/")
    assert environment.variable(name) == meant.format(here=here, home=tmp_path / "home")


def test_variables_that_are_no_paths_and_empty_ones_stay_as_they_are(here):
    given = {"PATH": "bin:~/bin", "MACHINE_STORAGE_PATH": "", "MACHINE_DEBUG": "true", "EDITOR": "~/vi"}
    environment = FakeEnvironment(variables=given)
    assert {name: environment.variables[name] for name in given} == given


def test_a_folder_that_was_removed_is_still_where_paths_begin(here):
    here.rmdir()
    environment = FakeEnvironment(variables={"MACHINE_STORAGE_PATH": "store", "PWD": str(here)})
    assert environment.store_folder == here / "store"


@pytest.mark.parametrize("given", ["home", "./home", "../here/home"])
def test_a_relative_home_is_made_absolute_once(here, monkeypatch, given):
    environment = FakeEnvironment(here, variables={"HOME": given})
    monkeypatch.chdir("/")
    assert environment.home.resolve() == here / "home"
    assert environment.store_folder.resolve() == here / "home" / ".docker" / "machine"


@pytest.mark.parametrize("given", ["", None])
def test_without_home_the_password_database_is_asked(here, given):
    import os
    import pwd

    environment = FakeEnvironment(here, variables={"HOME": ""})
    if given is None:
        del environment.variables["HOME"]
    assert str(environment.home) == pwd.getpwuid(os.getuid()).pw_dir


def test_a_user_without_an_entry_has_a_home_all_the_same(here, monkeypatch):
    def nobody(number):
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert str(FakeEnvironment(here, variables={"HOME": ""}).home) == "/"


def test_where_nothing_can_be_written_the_hint_names_what_leads_elsewhere(tmp_path):
    """The hint of `explain` stands below errors in all of these folders."""
    hint = explain(OSError(errno.EROFS, "Read-only file system"), tmp_path).hint
    named = set(re.findall(r"[A-Z]+_[A-Z_]+", hint))
    assert named == {"MACHINE_STORAGE_PATH", "MACHSH_CONFIG_HOME", "MACHSH_CACHE_HOME", "DOCKER_CONFIG"}
    for name in named - {"DOCKER_CONFIG"}:
        environment = FakeEnvironment(tmp_path, variables={name: str(tmp_path / "other")})
        assert FOLDERS[name](environment) == tmp_path / "other"
    environment = FakeEnvironment(tmp_path, variables={"DOCKER_CONFIG": str(tmp_path / "other")})
    assert ContextStore(environment).folder.is_relative_to(tmp_path / "other")
