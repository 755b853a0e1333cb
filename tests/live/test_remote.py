"""`ssh`, `scp` and `mount` as `docker-machine`, with the system's own programs and real machines."""

import shlex
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor

import pexpect
import pytest

from machsh.engine.proxies import PROXIES
from machsh.testing.network_faults import refusing_port
from tests.support.house import House

pytestmark = pytest.mark.live

CREATE_SECONDS = 300
NAMES = [spelled for name in PROXIES for spelled in (name, name.upper())]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with two real machines, `house.one` and `house.two`."""
    made = House(tmp_path_factory.mktemp("remote"))
    mark = uuid.uuid4().hex[:6]
    made.one, made.two = f"remote-{mark}-1", f"remote-{mark}-2"
    try:
        with ThreadPoolExecutor() as pool:
            created = pool.map(
                lambda name: made.run("create", "-d", "docker", name, seconds=CREATE_SECONDS),
                (made.one, made.two),
            )
            for done in created:
                assert done.returncode == 0, done.stdout + done.stderr
        yield made
    finally:
        made.run("rm", "-f", made.one, made.two)


def good(done):
    """The run went well and nothing was said on stderr; what it wrote."""
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def test_ssh_runs_a_command_with_input_and_its_exit_code(house):
    assert good(house.run("ssh", house.one, "hostname")) == house.one + "\n"
    assert good(house.run("ssh", house.one, "tr", "a-z", "A-Z", text="hello\n" * 3000)) == "HELLO\n" * 3000
    done = house.run("ssh", house.one, "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")
    done = house.run("ssh", house.one, "kill -9 $$")
    assert done.returncode == 255


def test_ssh_without_a_command_is_a_login(house):
    assert house.one in good(house.run("ssh", house.one, text="hostname\nexit 0\n"))


def test_ssh_takes_the_options_of_ssh(house):
    assert good(house.run("ssh", house.one, "-C", "echo", "foo")) == "foo\n"


def test_the_ssh_of_our_own(house):
    done = house.run("--native-ssh", "ssh", house.one, "echo out; exit 3")
    assert (done.returncode, done.stdout.strip()) == (3, "out")


def test_scp_there_and_back(house):
    sent, back = house.home / "sent", house.home / "back"
    content = bytes(range(256)) * 4000
    sent.write_bytes(content)
    good(house.run("scp", str(sent), f"{house.one}:/tmp/my notes"))
    good(house.run("scp", "-q", f"root@{house.one}:/tmp/my notes", str(back)))
    assert back.read_bytes() == content


def folder_in(home):
    made = home / f"folder-{uuid.uuid4().hex[:6]}"
    (made / "deep").mkdir(parents=True)
    (made / "deep" / "file").write_text("deep")
    return made


def test_scp_shows_its_progress_on_a_terminal_unless_quiet(house):
    sent = house.home / "shown"
    sent.write_bytes(b"x" * 100_000)
    assert "100%" in on_terminal(house, "scp", str(sent), f"{house.one}:/tmp/")
    assert on_terminal(house, "scp", "-q", str(sent), f"{house.one}:/tmp/") == ""


def on_terminal(house, *words):
    shown, code = pexpect.run(
        shlex.join([str(house.bin / "docker-machine"), *words]),
        env=house.variables,
        timeout=60,
        withexitstatus=True,
    )
    assert code == 0, shown
    return shown.decode()


def test_ssh_on_a_terminal_is_a_terminal_there(house):
    assert "not a tty" in house.run("ssh", house.one, "tty").stdout
    assert "/dev/pts/" in on_terminal(house, "ssh", house.one, "-t", "tty")


def test_scp_of_a_folder_wants_its_option(house):
    made = folder_in(house.home)
    done = house.run("scp", str(made), f"{house.one}:/tmp/")
    assert done.returncode != 0
    assert "not a regular file" in done.stderr
    good(house.run("scp", "-r", "-q", str(made), f"{house.one}:/tmp/"))
    assert good(house.run("ssh", house.one, "cat", f"/tmp/{made.name}/deep/file")) == "deep"


def test_scp_between_two_machines(house):
    good(house.run("ssh", house.one, "cat > /tmp/from-one", text="passed on"))
    good(house.run("scp", f"{house.one}:/tmp/from-one", f"{house.two}:/tmp/at-two"))
    assert good(house.run("ssh", house.two, "cat", "/tmp/at-two")) == "passed on"


def test_scp_of_what_is_not_there(house):
    done = house.run("scp", f"{house.one}:/tmp/nothing", str(house.home))
    assert done.returncode == 1
    assert "No such file or directory" in done.stderr


def test_scp_by_differences(house):
    made = folder_in(house.home)
    shown = good(house.run("scp", "-d", "-r", str(made), f"{house.one}:/tmp/"))
    assert "100%" in shown
    (made / "deep" / "file").write_text("changed")
    assert good(house.run("scp", "-d", "-r", "-q", str(made), f"{house.one}:/tmp/")) == ""
    back = house.home / "back-by-differences"
    assert good(house.run("scp", "-d", "-r", "-q", f"{house.one}:/tmp/{made.name}", str(back))) == ""
    assert (back / made.name / "deep" / "file").read_text() == "changed"


def test_scp_by_differences_with_a_machine_that_has_no_rsync(house):
    good(house.run("ssh", house.two, "sudo mv /usr/bin/rsync /usr/bin/rsync.away"))
    try:
        done = house.run("scp", "-d", str(house.home / "sent"), f"{house.two}:/tmp/")
    finally:
        good(house.run("ssh", house.two, "sudo mv /usr/bin/rsync.away /usr/bin/rsync"))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f'There is no rsync on "{house.two}"'


def is_mounted(point):
    return subprocess.run(["mountpoint", "-q", str(point)], check=False).returncode == 0


def test_mount_and_unmount(house):
    point = house.home / "mnt"
    point.mkdir()
    good(house.run("ssh", house.one, "mkdir -p /srv/shared && echo over there > /srv/shared/note"))
    try:
        good(house.run("mount", f"{house.one}:/srv/shared", str(point)))
        assert is_mounted(point)
        assert (point / "note").read_text() == "over there\n"
        (point / "answer").write_text("from here")
        assert good(house.run("ssh", house.one, "cat /srv/shared/answer")) == "from here"
        good(house.run("mount", "-u", f"{house.one}:/srv/shared", str(point)))
        assert not is_mounted(point)
        assert list(point.iterdir()) == []
    finally:
        subprocess.run(["fusermount", "-u", "-z", "-q", str(point)], check=False)


def test_mount_of_a_folder_that_is_not_there(house):
    point = house.home / "mnt-nothing"
    point.mkdir()
    done = house.run("mount", f"{house.one}:/nothing", str(point))
    assert done.returncode == 1
    assert "No such file or directory" in done.stderr
    assert not is_mounted(point)


def test_unmount_of_what_is_not_mounted(house):
    done = house.run("mount", "-u", f"{house.one}:/srv", str(house.home))
    assert done.returncode == 1
    assert "failed to unmount" in done.stderr or "not found" in done.stderr


@pytest.fixture(params=NAMES)
def behind_a_proxy(house, request):
    """The house while a variable names a proxy that is gone."""
    house.variables[request.param] = f"http://127.0.0.1:{refusing_port()}"
    yield house
    del house.variables[request.param]


WAYS = {
    "docker": ("--machine", "{one}", "-c", "docker version -f '{{{{.Server.Os}}}}'"),
    "! program": ("--machine", "{one}", "-c", "!docker version -f '{{{{.Server.Os}}}}'"),
    "@": ("-c", "@{one},{two} docker version -f '{{{{.Server.Os}}}}'"),
    "ssh": ("ssh", "{one}", "echo linux"),
    "our own ssh": ("--native-ssh", "ssh", "{one}", "echo linux"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_proxy_is_not_in_the_way(behind_a_proxy, way):
    house = behind_a_proxy
    words = [word.format(one=house.one, two=house.two) for word in WAYS[way]]
    assert "linux" in good(house.machsh(*words))


def test_a_proxy_is_not_in_the_way_of_files(behind_a_proxy, tmp_path):
    house, point = behind_a_proxy, tmp_path / "point"
    (tmp_path / "sent").write_text("linux")
    good(house.run("scp", "-q", str(tmp_path / "sent"), f"{house.one}:/tmp/proxied"))
    point.mkdir()
    try:
        good(house.run("mount", f"{house.one}:/tmp", str(point)))
        assert (point / "proxied").read_text() == "linux"
        good(house.run("mount", "-u", f"{house.one}:/tmp", str(point)))
    finally:
        subprocess.run(["fusermount", "-u", "-z", "-q", str(point)], check=False)
