"""Engines of a real host, made in another store, become machines of this one; the host does not notice."""

import json
import shutil
import signal
import subprocess
import sys
import time
import uuid

import pytest

from tests.live.hosts import docker
from tests.support.house import House

pytestmark = pytest.mark.live

CREATE_SECONDS = 300
PODMAN = {
    "/version": {
        "Platform": {"Name": "linux/amd64/debian-12"},
        "Components": [
            {"Name": "Podman Engine", "Version": "4.3.1", "Details": {"APIVersion": "4.3.1", "MinAPIVersion": "4.0.0"}},
            {"Name": "Conmon", "Version": "conmon version 2.1.6, commit: unknown",
             "Details": {"Package": "conmon_2.1.6+ds1-1_amd64"}},
        ],
        "Version": "4.3.1", "ApiVersion": "1.41", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64",
    },
    "/info": {
        "ID": "5ac42e15-cef1-40c8-9536-8fbb12ee3d78", "Containers": 2, "ContainersRunning": 1, "OperatingSystem": "debian", "Architecture": "amd64",
        "SecurityOptions": ["name=seccomp,profile=default", "name=rootless"], "ServerVersion": "4.3.1",
    },
}  # fmt: skip
"""What the docker-compatible socket of Podman 4.3.1 says; its ID is another one in each answer."""
ANSWER = """#!/bin/sh
end=$(printf '\\r')
while read -r method path rest; do
    while read -r line && [ "$line" != "$end" ]; do :; done
    file=/root/podman$path
    printf 'HTTP/1.1 200 OK\\r\\nContent-Length: %s\\r\\n\\r\\n' "$(wc -c < "$file")"
    cat "$file"
done
"""


class MadeHost:
    """A host that somebody else's machsh has made."""

    def __init__(self, house, name):
        self.house, self.name = house, name
        self.folder = house.store / "machines" / name
        self.record = json.loads((self.folder / "config.json").read_text())
        self.address = self.record["Driver"]["IPAddress"]
        self.key = self.folder / "id_ed25519"
        self.tls = [f"--tls-{one}={self.folder / file}" for one, file in
                    (("ca", "ca.pem"), ("cert", "cert.pem"), ("key", "key.pem"))]  # fmt: skip

    def sh(self, script):
        done = docker("exec", "-i", f"machsh-{self.name}", "sh", "-c", script, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def write(self, path, content):
        words = ("exec", "-i", f"machsh-{self.name}", "sh", "-c", f"mkdir -p $(dirname {path}); cat > {path}")
        docker(*words, stdin=content)

    def add_user(self, name):
        self.sh(f"id {name} > /dev/null 2>&1 || useradd -m {name}; install -d -o {name} /home/{name}/.ssh")
        self.write(f"/home/{name}/.ssh/authorized_keys", self.key.with_suffix(".pub").read_text())
        return self.sh(f"id -u {name}")

    def serve(self, path, user, *words):
        """Have a socket that belongs to a user, with a program behind it."""
        self.sh(f"install -d -m 700 -o {user} $(dirname {path})")
        docker("exec", "-d", f"machsh-{self.name}", "systemd-socket-activate", "-l", path, *words)
        self.sh(f"timeout 10 sh -c 'until [ -S {path} ]; do sleep 0.05; done'; chown {user} {path}")

    def state(self):
        """Everything that an adoption must leave alone."""
        return self.sh(
            "hostname; cat /etc/hostname /etc/hosts; find /etc/docker /etc/systemd/system -type f | sort | "
            "xargs sha256sum; systemctl show -p MainPID docker; ss -Htln | sort; docker ps -aq; getent group docker"
        )


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("theirs"))
    name = f"adopt-{uuid.uuid4().hex[:6]}"
    try:
        done = made.run("create", "-d", "docker", name, seconds=CREATE_SECONDS)
        assert done.returncode == 0, done.stdout + done.stderr
        yield MadeHost(made, name)
    finally:
        made.run("rm", "-f", name)


@pytest.fixture
def home(tmp_path):
    return House(tmp_path)


def good(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def adopt(home, host, name="web", user="root", path=""):
    return home.machsh("adopt", "--ssh", f"{user}@{host.address}{path}", "--ssh-key", str(host.key), name)


def test_a_host_is_adopted_over_ssh_and_does_not_notice(home, host):
    before, began = host.state(), time.monotonic()
    said = good(adopt(home, host))
    assert time.monotonic() - began < 10
    assert f"reached by  ssh://root@{host.address}:22\n" in said
    assert "pinned at this first contact" in said
    row = good(home.machsh("ls", "-f", "{{.State}} {{.DockerVersion}} {{.Error}}")).split()
    assert (row[0], len(row)) == ("Running", 2), row
    assert good(home.machsh("ssh", "web", "hostname")) == f"{host.name}\n"
    assert good(home.machsh("-c", "@web docker info -f '{{.Name}}'")) == f"{host.name}\n"
    for command in (("provision",), ("upgrade",), ("regenerate-certs", "-f")):
        done = home.machsh(*command, "web")
        assert (done.returncode, "was adopted as it is" in done.stderr) == (3, True)
    good(home.machsh("provision", "--dry-run", "web"))
    assert good(home.run("rm", "-f", "web"))
    assert host.state() == before


def test_a_host_is_adopted_by_its_tls_files(home, host):
    before = host.state()
    said = good(home.machsh("adopt", f"tcp://{host.address}:2376", *host.tls, "web"))
    assert "only the engine is known, not its host" in said
    assert good(home.machsh("-c", "@web docker info -f '{{.Name}}'")) == f"{host.name}\n"
    assert f'DOCKER_HOST="tcp://{host.address}:2376"' in good(home.run("env", "web"))
    assert host.state() == before


def adopted_contexts(home, *words):
    rows = json.loads(good(home.machsh("adopt", "--contexts", "--json", *words)))
    return {row["context"]: row for row in rows}


def test_the_docker_clis_contexts_are_adopted(home, host):
    files = ",".join(f"{one}={host.folder / f'{one}.pem'}" for one in ("ca", "cert", "key"))
    docker_cli = ["docker", "context", "create"]
    for name, where in (
        ("over_tls", f"host=tcp://{host.address}:2376,{files}"),
        ("over_ssh", f"host=ssh://root@{host.address}"),
    ):
        subprocess.run(
            [*docker_cli, name, "--docker", where], env=home.variables, check=True, capture_output=True
        )
    (home.home / ".ssh").mkdir(mode=0o700)
    shutil.copy(host.key, home.home / ".ssh" / "id_ed25519")
    first = adopted_contexts(home)  # both lead to one engine, which is one machine unless --again is given
    assert sorted(row["result"] for row in first.values()) == ["adopted", "skipped: it is a machine already"]
    again = adopted_contexts(home, "--again")
    rows = {
        name: next(row for row in (first[name], again[name]) if row["result"] == "adopted") for name in first
    }
    assert rows["over_ssh"]["url"] == f"ssh://root@{host.address}:22"
    assert good(home.machsh("ls", "-q")).split() == ["over-ssh", "over-tls"]
    assert good(home.machsh("-c", "@over-ssh,over-tls docker info -f '{{.Name}}'")).count(host.name) == 2


def test_a_user_without_rights_to_the_socket_is_told_what_gives_them(home, host):
    host.add_user("nobodys")
    done = adopt(home, host, user="nobodys")
    assert done.returncode == 1
    assert "nobodys may not open /var/run/docker.sock" in done.stderr
    assert "let root do it there: usermod -aG docker nobodys" in done.stderr
    host.write("/etc/sudoers.d/nobodys", "nobodys ALL=(ALL) NOPASSWD:ALL\n")
    assert "on the host: sudo usermod -aG docker nobodys" in adopt(home, host, user="nobodys").stderr
    assert not (home.store / "machines").exists()
    host.sh("usermod -aG docker nobodys")
    good(adopt(home, host, user="nobodys"))
    assert good(home.machsh("-c", "@web docker info -f '{{.Name}}'")) == f"{host.name}\n"


def test_an_engine_at_a_users_own_socket_is_found_and_used(home, host):
    uid = host.add_user("rootless")
    path = f"/run/user/{uid}/docker.sock"
    host.serve(path, "rootless", "/lib/systemd/systemd-socket-proxyd", "/var/run/docker.sock")
    assert f"ssh://rootless@{host.address}:22{path}" in good(adopt(home, host, user="rootless"))
    assert good(home.machsh("-c", "@web docker info -f '{{.Name}}'")) == f"{host.name}\n"
    assert "Running v" in good(home.machsh("ls", "-f", "{{.State}} {{.DockerVersion}}"))
    done = home.machsh("provision", "--take-over", "-y", "web")
    assert (done.returncode, "an engine of its user's own" in done.stderr) == (3, True)


def test_podmans_socket_is_adopted_with_a_note(home, host):
    uid = host.add_user("podder")
    for path, document in PODMAN.items():
        host.write(f"/root/podman{path}", json.dumps(document))
    host.write("/root/podman.sh", ANSWER)
    path = f"/run/user/{uid}/podman/podman.sock"
    host.serve(path, "podder", "--inetd", "-a", "/bin/sh", "/root/podman.sh")
    host.sh(f"chown podder /run/user/{uid}")
    said = good(adopt(home, host, user="podder"))
    assert "Podman 4.3.1 (API 1.41, debian, amd64, rootless)" in said
    assert "this is Podman by its docker-compatible socket" in said


def test_a_socket_that_is_not_there_is_told(home, host):
    done = adopt(home, host, path="/run/other.sock")
    assert (done.returncode, "no engine's socket at /run/other.sock" in done.stderr) == (1, True)


def test_only_the_host_key_that_the_users_ssh_knows_is_accepted(home, host):
    folder = home.home / ".ssh"
    folder.mkdir(mode=0o700)
    known = (host.folder / "known_hosts").read_text()
    other = (host.key.with_suffix(".pub")).read_text().split()
    (folder / "known_hosts").write_text(f"{host.address} {other[0]} {other[1]}\n")
    done = adopt(home, host)
    assert (done.returncode, "is not the one in your ~/.ssh/known_hosts" in done.stderr) == (1, True)
    assert f"ssh-keygen -R {host.address}" in done.stderr
    (folder / "known_hosts").write_text(known)
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", folder / "known_hosts"], check=True, capture_output=True)
    assert "as in your known_hosts" in good(adopt(home, host))


def test_the_users_ssh_configuration_is_honoured_when_it_names_the_host(home, host):
    folder = home.home / ".ssh"
    folder.mkdir(mode=0o700)
    (folder / "config").write_text(
        f"Host shop\n HostName {host.address}\n User root\n IdentityFile {host.key}\n"
    )
    assert "reached by  ssh://root@shop:22" in good(home.machsh("adopt", "--ssh", "shop", "web"))
    assert good(home.machsh("-c", "@web docker info -f '{{.Name}}'")) == f"{host.name}\n"


def test_an_adoption_that_is_killed_leaves_a_whole_machine_or_none(home, host):
    words = ["adopt", "--again", "--ssh", f"root@{host.address}", "--ssh-key", str(host.key)]
    for number in range(12):
        process = subprocess.Popen(
            [sys.executable, "-m", "machsh", *words, f"m{number}"],
            env=home.variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(0.1 + number * 0.06)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
    machines = home.store / "machines"
    whole = {"config.json", "known_hosts", "ssh_key", "ssh_key.pub"}
    for folder in machines.iterdir() if machines.exists() else ():
        files = {one.name for one in folder.iterdir() if not one.name.startswith(".")}
        assert folder.name.startswith(".") or files == whole, folder


def test_taking_over_says_what_it_changes_and_makes_an_ordinary_machine(home, host):
    good(adopt(home, host))
    done = home.machsh("provision", "--take-over", "web")
    assert done.returncode != 0
    assert "restart the engine" in done.stdout
    said = good(home.machsh("provision", "--take-over", "-y", "web"))
    assert "changes" in said
    assert "Adopted" not in (home.store / "machines" / "web" / "config.json").read_text()
    assert host.sh("hostname") == "web"
    assert "0 changes" in good(home.machsh("provision", "web"))
