"""The whole life of one virtual machine, in the order of the tests: booted three times in all."""

import json
import socket
import subprocess
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from machsh.drivers.driver import State
from machsh.drivers.guest.loopback_ports import choose
from machsh.drivers.qemu.driver import QemuDriver
from machsh.drivers.qemu.record import QemuRecord
from machsh.testing.fakes import fake_context
from tests.live.vm.conftest import BOOT_SECONDS, guest_image
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live

NAME = "vm-test"


@pytest.fixture(scope="module")
def vm(vm_home):
    """The machine, created by the program itself; what is left of it goes at the end."""
    shared = vm_home.home / "shared"
    shared.mkdir()
    (shared / "here.txt").write_text("from this computer\n")
    port = choose(0)
    words = ["--qemu-image", str(guest_image()), "--qemu-memory", "1024", "--qemu-cpu-count", "1"]
    words += ["--qemu-share", f"{shared}:/mnt/shared", "--qemu-open-port", f"{port}:80"]
    said = vm_home.machsh("create", "-d", "qemu", *words, "--qemu-boot-timeout", str(BOOT_SECONDS), NAME)
    assert "Docker is up and running!" in said
    yield vm_home
    vm_home.run("rm", "-f", "-y", NAME)


def record_of(home):
    return json.loads((home.folder(NAME) / "config.json").read_text())["Driver"]


def driver_of(home):
    """The driver as the next process would load it."""
    driver = QemuDriver(QemuRecord.from_json(record_of(home)), fake_context(home.home))
    driver.context.folder = home.folder(NAME)
    return driver


def test_docker_answers_over_tls_at_a_port_of_the_loopback_address(vm):
    url = vm.machsh("url", NAME)
    assert url == f"tcp://127.0.0.1:{record_of(vm)['EnginePort']}"
    assert vm.machsh("ip", NAME) == "127.0.0.1"
    assert vm.docker(NAME, "version", "--format", "{{.Server.Os}}") == "linux"


def test_the_first_boot_left_nothing_to_provision(vm):
    assert "nothing to do" in vm.machsh("provision", "--dry-run", NAME).lower()


def test_a_container_runs_and_its_port_is_reached(vm):
    tar = subprocess.run(["tar", "-C", "/", "-ch", "bin/busybox"], capture_output=True, check=True).stdout
    vm.docker(NAME, "import", "-", "busybox", stdin=tar)
    assert vm.docker(NAME, "run", "--rm", "busybox", "/bin/busybox", "echo", "hello") == "hello"
    web = [
        "/bin/busybox",
        "sh",
        "-c",
        "mkdir /w; echo served >/w/index.html; exec busybox httpd -f -p 80 -h /w",
    ]
    vm.docker(NAME, "run", "-d", "--name", "web", "--restart", "always", "-p", "80:80", "busybox", *web)
    port = record_of(vm)["OpenPorts"][0].partition(":")[0]
    wait_until(lambda: fetched(port) == "served\n", "the page", 60)


def fetched(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def test_ssh_and_scp_reach_it_with_a_host_key_that_was_known_before(vm):
    assert vm.machsh("ssh", NAME, "hostname") == NAME
    pins = (vm.folder(NAME) / "known_hosts").read_text().splitlines()
    assert len(pins) == 1
    assert pins[0].split()[2] in (vm.folder(NAME) / "ssh_host_ed25519_key.pub").read_text()
    sent, back = vm.home / "sent.txt", vm.home / "back.txt"
    sent.write_text("there and back\n")
    vm.machsh("scp", str(sent), f"{NAME}:/tmp/file.txt")
    vm.machsh("scp", f"{NAME}:/tmp/file.txt", str(back))
    assert back.read_text() == "there and back\n"


def test_a_shared_folder_is_read_and_written_from_both_sides(vm):
    assert vm.machsh("ssh", NAME, "cat /mnt/shared/here.txt") == "from this computer"
    vm.machsh("ssh", NAME, "echo from the guest | sudo tee /mnt/shared/there.txt")
    assert (vm.home / "shared" / "there.txt").read_text() == "from the guest\n"


def test_the_console_shows_the_boot(vm):
    said = vm.machsh("console", "--lines", "0", NAME)
    assert f"{NAME} login:" in said
    assert "\x1b" not in said


def test_its_files_and_process_are_the_users_alone(vm):
    assert vm.folder(NAME).stat().st_mode & 0o077 == 0
    assert (vm.folder(NAME) / "seed.iso").stat().st_mode & 0o077 == 0
    line = Path(f"/proc/{vm.pid(NAME)}/cmdline").read_bytes()
    assert b"PRIVATE KEY" not in line
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    own = [one for one in listening.splitlines() if f"pid={vm.pid(NAME)}," in one]
    assert len(own) == 3
    assert all("127.0.0.1:" in one for one in own)


def test_the_state_is_asked_without_waiting(vm):
    driver = driver_of(vm)
    assert driver.state() is State.RUNNING
    assert vm.machsh("status", NAME) == "Running"


def test_a_snapshot_with_memory_is_refused_while_a_share_is_mounted(vm):
    said = vm.machsh("snapshot", NAME, "mounted", code=1)
    assert "mounted a shared folder" in said
    assert vm.machsh("snapshot", NAME, "--list", "--json") == "[]"


def test_a_snapshot_brings_disk_and_memory_back(vm):
    vm.machsh("ssh", NAME, "sudo umount /mnt/shared; echo before >state.txt; sync")
    vm.machsh("snapshot", NAME, "before")
    (saved,) = json.loads(vm.machsh("snapshot", NAME, "--list", "--json"))
    assert (saved["name"], saved["memory"]) == ("before", True)
    boot = vm.machsh("ssh", NAME, "cat /proc/sys/kernel/random/boot_id")
    vm.machsh("ssh", NAME, "echo after >state.txt; sync")
    vm.machsh("snapshot", NAME, "-y", "--restore", "before")
    assert vm.machsh("ssh", NAME, "cat state.txt") == "before"
    assert (
        vm.machsh("ssh", NAME, "cat /proc/sys/kernel/random/boot_id") == boot
    )  # it went on, and was not booted
    vm.machsh("snapshot", NAME, "-y", "--delete", "before")
    assert vm.machsh("snapshot", NAME, "--list", "--json") == "[]"


def test_certificates_are_renewed(vm):
    before = (vm.folder(NAME) / "server.pem").read_bytes()
    vm.machsh("regenerate-certs", "-f", NAME)
    assert (vm.folder(NAME) / "server.pem").read_bytes() != before
    vm.docker(NAME, "version")


def test_the_engine_is_upgraded(vm):
    vm.machsh("upgrade", NAME)
    vm.docker(NAME, "version")


def test_a_taken_port_is_replaced_at_the_next_start_and_everything_follows(vm):
    before = record_of(vm)
    vm.machsh("stop", NAME)
    assert vm.machsh("status", NAME) == "Stopped"
    assert not vm.pid(NAME)
    certificate = (vm.folder(NAME) / "server.pem").read_bytes()
    with closing(socket.create_server(("127.0.0.1", before["EnginePort"]))):
        said = vm.machsh("start", NAME)
        assert "another program listens on a port of the machine" in said
        after = record_of(vm)
        assert after["EnginePort"] != before["EnginePort"]
        assert after["SSHPort"] == before["SSHPort"]
        assert vm.docker(NAME, "inspect", "-f", "{{.State.Running}}", "web") == "true"
    assert (vm.folder(NAME) / "server.pem").read_bytes() == certificate
    assert vm.machsh("ssh", NAME, "cat /mnt/shared/here.txt") == "from this computer"  # mounted at each boot


def test_a_killed_machine_holds_snapshots_of_its_disk_and_boots_again(vm):
    vm.machsh("kill", NAME)
    assert not vm.pid(NAME)
    vm.machsh("snapshot", NAME, "off")
    (saved,) = json.loads(vm.machsh("snapshot", NAME, "--list", "--json"))
    assert (saved["name"], saved["memory"]) == ("off", False)
    vm.machsh("snapshot", NAME, "-y", "--restore", "off")
    assert vm.machsh("status", NAME) == "Stopped"
    vm.machsh("restart", NAME)
    assert vm.docker(NAME, "inspect", "-f", "{{.State.Running}}", "web") == "true"


def test_a_running_machine_is_removed_whole(vm):
    pid = vm.pid(NAME)
    assert pid
    vm.machsh("rm", "-y", NAME)
    assert not vm.folder(NAME).exists()
    assert vm.machsh("ls", "-q") == ""
