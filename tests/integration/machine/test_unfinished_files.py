"""An archive is hidden until it is whole; what a killed process left of one goes with the next."""

import os
import signal

import pytest

from machsh import files
from machsh.files import new_private_file

pytestmark = pytest.mark.skipif(files.fcntl is None, reason="without locks nothing tells who writes")


def unfinished(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def kill_while_writing(path):
    child = os.fork()
    if child == 0:
        with new_private_file(path) as file:
            file.write(b"half")
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_what_a_killed_process_left_goes_with_the_next_file_in_the_folder(tmp_path):
    kill_while_writing(tmp_path / "monday.age")
    assert len(unfinished(tmp_path)) == 1
    with new_private_file(tmp_path / "tuesday.age") as file:
        file.write(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["tuesday.age"]
    assert (tmp_path / "tuesday.age").read_bytes() == b"whole"


def test_what_another_process_is_writing_stays(tmp_path):
    with new_private_file(tmp_path / "one.age") as one:
        one.write(b"1")
        with new_private_file(tmp_path / "two.age") as two:
            two.write(b"2")
            assert len(unfinished(tmp_path)) == 2
    assert [(tmp_path / name).read_bytes() for name in ("one.age", "two.age")] == [b"1", b"2"]


def test_a_file_that_was_taken_for_an_abandoned_one_before_its_lock_is_begun_again(tmp_path, monkeypatch):
    take, taken = files.Lock.try_to_take, []

    def too_late(lock):
        if not taken:
            taken.append(lock.path)
            lock.path.unlink()
        return take(lock)

    monkeypatch.setattr(files.Lock, "try_to_take", too_late)
    with new_private_file(tmp_path / "one.age") as file:
        file.write(b"whole")
    assert (tmp_path / "one.age").read_bytes() == b"whole"
    assert taken


def test_links_folders_and_pipes_of_such_a_name_are_left_alone(tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("mine")
    (tmp_path / ".link.machsh-unfinished").symlink_to(kept)
    (tmp_path / ".folder.machsh-unfinished").mkdir()
    os.mkfifo(tmp_path / ".pipe.machsh-unfinished")
    before = unfinished(tmp_path)
    with new_private_file(tmp_path / "one.age") as file:
        file.write(b"whole")
    assert unfinished(tmp_path) == before
    assert kept.read_text() == "mine"
