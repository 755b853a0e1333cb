import os
import socket
import tempfile
from pathlib import Path

import pytest

from machsh.errors import RefusedError
from machsh.machine.reach import kept_socket
from machsh.testing.fakes import FakeEnvironment


@pytest.fixture
def runtime(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def environment(tmp_path, runtime):
    return FakeEnvironment(tmp_path, variables={"XDG_RUNTIME_DIR": str(runtime)})


def test_the_socket_is_in_the_users_runtime_folder_and_named_by_machine_and_store(
    environment, tmp_path, runtime
):
    found = kept_socket.socket_path(environment, tmp_path / "store", "web")
    assert found.parent == runtime / "machsh"
    assert found.name.startswith("web-")
    assert found.suffix == ".sock"


def test_machines_of_one_name_in_two_stores_have_two_sockets(environment, tmp_path):
    paths = {kept_socket.socket_path(environment, tmp_path / store, "web") for store in ("one", "two")}
    assert len(paths) == 2


def test_a_store_reached_through_a_link_is_the_same_store(environment, tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "store")
    one, two = (kept_socket.socket_path(environment, tmp_path / name, "web") for name in ("store", "link"))
    assert one == two


@pytest.mark.parametrize("name", ["x" * 64, "a b", "wéb", "-x", "x\ny", "%h"])
def test_no_name_makes_a_path_that_is_too_long_or_needs_quoting(environment, tmp_path, name):
    found = kept_socket.socket_path(environment, tmp_path, name)
    assert len(os.fsencode(found)) <= kept_socket.LONGEST
    assert found.name.replace(".", "").replace("-", "").isalnum()


def test_a_runtime_folder_with_a_long_name_is_passed_over(tmp_path):
    deep = tmp_path / ("d" * 90)
    deep.mkdir(mode=0o700)
    environment = FakeEnvironment(deep, variables={"XDG_RUNTIME_DIR": str(deep)})
    found = kept_socket.socket_path(environment, tmp_path, "web")
    assert len(os.fsencode(found)) <= kept_socket.LONGEST
    assert found.parent.name == "relays"


def test_a_runtime_folder_of_another_user_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    environment = FakeEnvironment(tmp_path, variables={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert kept_socket.socket_path(environment, tmp_path, "web").parent.name == "relays"


def test_a_folder_that_others_can_write_to_is_refused(environment, tmp_path):
    found = kept_socket.socket_path(environment, tmp_path, "web")
    kept_socket.make_folder(found)
    found.parent.chmod(0o777)
    with pytest.raises(RefusedError, match="other users can reach") as raised:
        kept_socket.make_folder(found)
    assert raised.value.hint == f"chmod 700 {found.parent}"


def test_a_folder_of_another_user_is_refused(environment, tmp_path, monkeypatch):
    found = kept_socket.socket_path(environment, tmp_path, "web")
    kept_socket.make_folder(found)
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    with pytest.raises(RefusedError, match="not a folder of yours"):
        kept_socket.make_folder(found)


def test_a_folder_that_others_could_replace_is_refused(environment, tmp_path, runtime):
    found = kept_socket.socket_path(environment, tmp_path, "web")
    kept_socket.make_folder(found)
    runtime.chmod(0o777)
    with pytest.raises(RefusedError, match="other users can write to"):
        kept_socket.make_folder(found)
    assert not kept_socket.is_alive(found)


def test_the_length_of_a_path_is_counted_in_bytes(tmp_path):
    with tempfile.TemporaryDirectory(prefix="run-", dir="/tmp") as folder:
        rest = len(f"{folder}//machsh/web-12345678.sock")
        runtime = Path(folder) / ("é" * (kept_socket.LONGEST - rest))
        runtime.mkdir(mode=0o700)
        environment = FakeEnvironment(Path(folder), variables={"XDG_RUNTIME_DIR": str(runtime)})
        found = kept_socket.socket_path(environment, tmp_path, "web")
    assert len(os.fsencode(found)) <= kept_socket.LONGEST
    assert found.parent.name == "relays"


def test_a_link_in_place_of_the_folder_is_refused(environment, tmp_path, runtime):
    (tmp_path / "elsewhere").mkdir()
    (runtime / "machsh").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match="not a folder of yours"):
        kept_socket.make_folder(kept_socket.socket_path(environment, tmp_path, "web"))


def test_what_a_killed_relay_left_is_cleared_and_a_living_one_is_not(environment, tmp_path):
    found = kept_socket.socket_path(environment, tmp_path, "web")
    kept_socket.clear(found)
    kept_socket.make_folder(found)
    found.with_suffix(".lock").touch()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(found))
        listener.listen()
        kept_socket.clear(found)
        assert found.exists()
    kept_socket.clear(found)
    assert list(found.parent.iterdir()) == []


def test_a_socket_is_alive_only_while_somebody_listens(environment, tmp_path):
    found = kept_socket.socket_path(environment, tmp_path, "web")
    assert not kept_socket.is_alive(found)
    kept_socket.make_folder(found)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(found))
        listener.listen()
        assert kept_socket.is_alive(found)
        found.parent.chmod(0o755)
        assert not kept_socket.is_alive(found)
        found.parent.chmod(0o700)
    assert not kept_socket.is_alive(found)
