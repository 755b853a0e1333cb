"""Output that cannot be written, and readers that go away, for every way in."""

import subprocess

import pytest

from tests.support.docker import add_docker
from tests.support.processes import install, variables_of
from tests.support.program import add_machines

WAYS = ["{} ls", "{} ls -q", "{} -c ls", "{} f.machsh", "echo ls | {}", "{} --version", "{} --help"]


def sh(home, line):
    program = install(home)
    done = subprocess.run(
        ["/bin/sh", "-c", line.replace("{}", str(program))],
        env=variables_of(home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def home(tmp_path):
    add_machines(tmp_path, "a", "b")
    add_docker(tmp_path)
    (tmp_path / "f.machsh").write_text("ls\n")
    return tmp_path


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("end", ["> /dev/full", ">&-"])
def test_unwritable_output_is_one_line_and_1(home, way, end):
    code, _, err = sh(home, f"{way} {end}")
    assert code == 1
    assert err.count("write error") == 1
    assert len(err.splitlines()) == 1 or "could not" in err
    assert not (home / ".local/state/machsh/crashes").exists()


@pytest.mark.parametrize("end", ["2>&-", "<&-", "2> /dev/full"])
def test_another_closed_stream_is_no_trouble(home, end):
    assert sh(home, f"{{}} -c 'echo good' {end}") == (0, "good\n", "")


@pytest.mark.parametrize("end", ["2> /dev/full", "2>&-"])
@pytest.mark.parametrize(
    ("way", "code"),
    [("{} ip nosuch", 1), ("{} ls --nosuch", 2), ("{} -c 'ip nosuch'", 1), ("{} nosuch.machsh", 1)],
)
def test_a_failure_that_cannot_be_told_keeps_its_code(home, way, code, end):
    assert sh(home, f"{way} {end}") == (code, "", "")


@pytest.mark.parametrize("line", ["echo a > /dev/full", "ls -q > /dev/full", "@all docker ps > /dev/full"])
def test_a_redirection_to_a_full_disk_fails_its_line(home, line):
    code, out, err = sh(home, f"{{}} -c '{line}; echo on'")
    assert (code, out) == (1, "")
    assert "write error: no space left on device" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "line",
    [
        "@a,b docker flood | head -1",
        "@a docker flood | head -1",
        "@a docker flood | cat | head -1",
        "!yes | head -1",
        "!yes | !head -1",
        "echo $(@a docker flood | head -1)",
        "@a docker flood | head -1 | cat",
    ],
)
def test_a_part_whose_reader_has_gone_has_not_failed(home, line):
    docker = home / "bin/docker"
    # As docker does it: it ends with a code of its own, not by the signal.
    flood = "flood) trap '' PIPE; while echo line 2>/dev/null; do :; done; exit 1;;\nwhere)"
    docker.write_text(docker.read_text().replace("where)", flood, 1))
    code, out, err = sh(home, f"{{}} -c '{line}'")
    assert code == 0, err
    assert len(out.splitlines()) == 1
    assert "Traceback" not in err


def test_a_docker_that_fails_by_itself_still_fails_the_pipe(home):
    assert sh(home, "{} -c '@a docker exit 5 | cat'")[0] == 5
