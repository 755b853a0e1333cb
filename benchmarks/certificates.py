"""Certificates: the list of 100 machines, from the store and asking their engines, and renewing several at once.

    python benchmarks/certificates.py [--runs N] [--hosts N] [--only-waiting]

Real hosts are made with the docker driver. The list's machines are records of the generic driver with copies of the
first host's certificates, which lead to its engine. Everything made is removed. `waiting_hosts.py` stands in for
hosts with processors of their own: `--only-waiting` measures that alone, without Docker.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import many
from many import HOST, Store
from measure import Row, medians, report

from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.server_certificate import make_server_pair, server_names
from machsh.certs.spec import CertificateSpec

TITLE = f"Certificates ({os.cpu_count()} processors)"
WAITING = 20
FILES = ("ca.pem", "cert.pem", "key.pem", "server.pem", "server-key.pem")


def list_rows(store: Store, hosts: int, runs: int) -> list[Row]:
    names = [f"row-{number}" for number in range(100 - hosts)]
    address = store.run("ip", HOST).strip()
    store.add(names, address, 2376)
    for name in names:
        folder = store.folder / "machines" / name
        for file in FILES:
            content = (store.folder / "machines" / HOST / file).read_bytes()
            (folder / file).write_bytes(content)
            (folder / file).chmod(0o600)
        config = folder / "config.json"
        own = config.read_text().replace(f"machines/{HOST}/server", f"machines/{name}/server")
        config.write_text(own)
    if (rows := store.run("certs", "--ask").count("shows it")) != 100:
        sys.exit(f"{rows} engines answer, not 100")
    (asked,) = medians([lambda: store.run("certs", "--ask")], runs)
    give_own_certificates(store, names, address)
    if (rows := store.run("certs").count("yes")) != 202:
        sys.exit(f"{rows} certificates fit, not 202")
    (listed,) = medians([lambda: store.run("certs")], runs)
    store.drop(names)
    return [
        Row("`certs`, 100 machines", f"{listed:.2f} s", "0.3 s", listed / 0.3, 1),
        Row("`certs --ask`, 100 machines", f"{asked:.2f} s", "1 s", asked, 1),
    ]


def give_own_certificates(store: Store, names: list[str], address: str) -> None:
    """Give each machine a certificate and a key of its own, as machines have them; no engine shows these."""
    authority = AuthorityPaths.in_folder(store.folder / "certs")
    for name in names:
        certificate, key = make_server_pair(
            authority,
            CertificateSpec(),
            name,
            server_names((), address),
            is_swarm_master=False,
            now=time.time,
        )
        folder = store.folder / "machines" / name
        (folder / "server.pem").write_bytes(certificate)
        (folder / "server-key.pem").write_bytes(key)


def renewal_rows(store: Store, hosts: list[str], runs: int) -> list[Row]:
    """All hosts are containers that share this computer's processors, so ssh that only restarts them is the measure."""
    one, all_at_once, by_ssh = medians(
        [
            lambda: store.run("certs", "renew", "-y", hosts[0]),
            lambda: store.run("certs", "renew", "-y", *hosts),
            lambda: restart_by_ssh(store, hosts),
        ],
        runs,
        warm_up=0,
    )
    figure, measured = f"`certs renew`, {len(hosts)} machines", f"{all_at_once:.1f} s"
    return [
        Row(figure, measured, f"one machine {one:.1f} s", all_at_once / one, 1.5),
        Row(figure, measured, f"ssh restarts the same engines: {by_ssh:.1f} s", all_at_once / by_ssh, 1.5),
    ]


def restart_by_ssh(store: Store, hosts: list[str]) -> None:
    """Restart the engines side by side by OpenSSH, and wait until each answers."""
    with ThreadPoolExecutor(len(hosts)) as pool:
        list(pool.map(lambda host: restart_one(store.folder / "machines" / host), hosts))


def restart_one(folder: Path) -> None:
    driver = json.loads((folder / "config.json").read_text())["Driver"]
    place = ["-i", driver["SSHKeyPath"], "-p", str(driver["SSHPort"] or 22), f"root@{driver['IPAddress']}"]
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
    subprocess.run(
        ["ssh", *options, *place, "systemctl restart docker && docker version >/dev/null"], check=True
    )


@contextmanager
def waiting_hosts(folder: Path, count: int) -> Iterator[list[dict[str, int]]]:
    """Hosts in a process of their own that wait a second where real ones restart an engine; yields their ports."""
    words = [sys.executable, str(Path(__file__).with_name("waiting_hosts.py")), str(folder), str(count)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin
        assert child.stdout
        try:
            yield json.loads(child.stdout.readline())
        finally:
            child.stdin.close()


def waiting_row(folder: Path, count: int, runs: int) -> Row:
    """What machsh itself costs when the engines restart elsewhere."""
    store, key = Store(str(folder / "store")), folder / "key"
    (folder / "hosts").mkdir()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    with waiting_hosts(folder / "hosts", count) as ports:

        def create(name: str, there: dict[str, int]) -> None:
            place = ["--generic-ip-address", "127.0.0.1", "--generic-ssh-key", str(key)]
            place += ["--generic-ssh-port", str(there["ssh"]), "--generic-engine-port", str(there["engine"])]
            store.run("create", "-d", "generic", *place, name)

        names = [f"waiting-{number}" for number in range(count)]
        create(names[0], ports[0])  # makes the authority that the others share
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(create, names[1:], ports[1:]))
        one, all_at_once = medians(
            [
                lambda: store.run("certs", "renew", "-y", names[0]),
                lambda: store.run("certs", "renew", "-y", *names),
            ],
            runs,
        )
    figure, against = f"`certs renew`, {count} machines that restart elsewhere", f"one machine {one:.1f} s"
    return Row(figure, f"{all_at_once:.1f} s", against, all_at_once / one, 1.5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--hosts", type=int, default=2)
    parser.add_argument("--only-waiting", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        waiting = waiting_row(Path(folder), WAITING, max(1, given.runs // 2))
    if given.only_waiting:
        return report(TITLE, [waiting])
    hosts = [HOST, *(f"{HOST}-{number}" for number in range(2, given.hosts + 1))]
    with tempfile.TemporaryDirectory() as folder:
        store = many.Store(folder)
        try:
            for host in hosts:
                store.run("create", "-d", "docker", host)
            rows = [
                *list_rows(store, len(hosts), given.runs),
                *renewal_rows(store, hosts, max(1, given.runs // 2)),
                waiting,
            ]
        finally:
            store.run("rm", "-f", "-y", *hosts)
    return report(TITLE, rows)


if __name__ == "__main__":
    sys.exit(main())
