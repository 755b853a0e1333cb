"""The NoCloud seed: a small ISO that tells a guest's cloud-init, at its first boot, who it is.

The guest finds the ISO by its volume label. It holds the host's private key, and what a driver adds, so
the file is private to its owner.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from machsh.errors import MachshError
from machsh.files import PRIVATE_FILE, write_atomically
from machsh.validators import ADDRESS, LINE, PATH, USER, Rule

LABEL = "cidata"
"""The volume label by which cloud-init's data source NoCloud finds its seed."""
PROXY_FILE = "/etc/apt/apt.conf.d/90machsh-proxy"
SLOW_UNITS = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "apt-daily.service",
    "apt-daily-upgrade.service",
    "unattended-upgrades.service",
    "man-db.timer",
    "motd-news.timer",
    "fwupd-refresh.timer",
)
"""Units that slow a first boot or hold apt's lock; they stay away until the next boot only."""


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A file that belongs to root, written before sshd starts."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644
    appends: bool = False
    """Whether the content is added to a file that the image has."""


@dataclass(frozen=True, slots=True)
class HostKey:
    """A host key pair, made before the guest is, so that its key is known at the first contact."""

    private: str = field(repr=False)
    """In OpenSSH's format."""
    public: str
    """`ssh-ed25519 BASE64 [COMMENT]`."""


@dataclass(frozen=True, slots=True)
class SharedFolder:
    """A folder of this computer that the guest mounts at boot."""

    tag: str
    """The name under which the hypervisor offers it."""
    path: str
    """Where the guest mounts it."""
    kind: str = "9p"
    """The file system: `9p`, `virtiofs` or `vboxsf`."""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class GuestNetwork:
    """A network card that gets its address by DHCP. Without any, cloud-init asks on the first card."""

    mac: str
    """`52:54:00:12:34:56`."""
    is_default: bool = True
    """Whether the default route and the name servers come from this card."""


@dataclass(frozen=True, slots=True)
class GuestSeed:
    """What a guest is told at its first boot."""

    hostname: str
    user: str
    """Gets a shell, sudo without a password, and no password. A group of that name may exist, a user too."""
    authorized_key: str
    """The user's public key, one line."""
    host_keys: tuple[HostKey, ...] = ()
    """If there are any, the guest makes none of its own."""
    proxies: Mapping[str, str] = field(default_factory=dict)
    """`http_proxy`, `https_proxy`, `no_proxy` -> value, as the guest reaches them."""
    files: tuple[SeedFile, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    """Run once, as root, at the end of the first boot."""
    shared: tuple[SharedFolder, ...] = ()
    networks: tuple[GuestNetwork, ...] = ()
    boot_script: str = field(default="", repr=False)
    """Run by sh as root at every boot, before the guest's services start."""
    instance: str = ""
    """cloud-init's instance id: another one makes a booted guest begin anew. Default: by the host name."""


def write_seed(seed: GuestSeed, path: Path) -> None:
    """Write the seed's ISO to `path`, mode 0600. Raises MachshError for an invalid value or a full disk."""
    check(seed)
    write_atomically(path, iso(seed_files(seed)), PRIVATE_FILE)


def check(seed: GuestSeed) -> None:
    """Raise MachshError for the first value that does not belong in a seed."""
    _expect("host name", seed.hostname, ADDRESS)
    _expect("user", seed.user, USER)
    _expect("authorized key", seed.authorized_key, LINE)
    for name, value in seed.proxies.items():
        _expect(name, value, LINE)
    for file in seed.files:
        _expect("path of a file", file.path, PATH)
    for shared in seed.shared:
        _expect("shared folder", shared.path, PATH)


def _expect(what: str, value: str, rule: Rule) -> None:
    if not value or not rule.accepts(value):
        raise MachshError(f"the guest's {what} is not {rule.words}: {value!r}")


def seed_files(seed: GuestSeed) -> dict[str, bytes]:
    """Return the seed's files by name."""
    files = {
        "meta-data": _document(meta_data(seed)),
        "user-data": b"#cloud-config\n" + _document(user_data(seed)),
    }
    if seed.networks:
        files["network-config"] = _document(network_config(seed))
    return files


def _document(content: dict[str, Any]) -> bytes:
    """JSON, which is YAML, too. Escaped surrogate pairs are not, so characters stay as they are."""
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


def meta_data(seed: GuestSeed) -> dict[str, Any]:
    """Return NoCloud's `meta-data`."""
    return {"instance-id": seed.instance or f"machsh-{seed.hostname}", "local-hostname": seed.hostname}


def user_data(seed: GuestSeed) -> dict[str, Any]:
    """Return the `#cloud-config`."""
    config: dict[str, Any] = {
        "hostname": seed.hostname,
        "preserve_hostname": False,
        "manage_etc_hosts": "localhost",
        # useradd does not make the primary group; an image may have it, as `docker`.
        "groups": [seed.user],
        "users": [_user(seed)],
        "disable_root": True,
        "ssh_pwauth": False,
        "package_update": False,
        "package_upgrade": False,
        "apt": {"preserve_sources_list": True},
        "growpart": {"mode": "auto", "devices": ["/"]},
        "bootcmd": _boot_commands(seed),
        "write_files": [_file(one) for one in (*seed.files, *_proxy_files(seed.proxies))],
    }
    if seed.host_keys:
        config["ssh_deletekeys"] = True
        config["ssh_keys"] = ssh_keys(seed.host_keys)
    if seed.commands:
        config["runcmd"] = [list(one) for one in seed.commands]
    if seed.shared:
        config["mounts"] = [_mount(one) for one in seed.shared]
    return config


def _user(seed: GuestSeed) -> dict[str, Any]:
    return {
        "name": seed.user,
        # An image may have a group of that name, `docker` for one: useradd refuses without this.
        "primary_group": seed.user,
        "shell": "/bin/bash",
        "lock_passwd": True,
        "sudo": "ALL=(ALL) NOPASSWD:ALL",
        "ssh_authorized_keys": [seed.authorized_key],
    }


def _boot_commands(seed: GuestSeed) -> list[Any]:
    """cloud-init joins the commands to one script; in brackets, no `exit` ends more than its own."""
    script = [f"(\n{seed.boot_script}\n)"] if seed.boot_script else []
    return [_quiet_first_boot(), *script]


def _quiet_first_boot() -> str:
    """Stopping cancels the start that this boot has in store, and the next boot starts them again.

    Masking them would do the same, but makes systemd read all its units anew.
    """
    once = "cloud-init-per instance machsh-quiet-first-boot"
    return f"{once} systemctl --no-block stop {' '.join(SLOW_UNITS)} || true"


def ssh_keys(keys: tuple[HostKey, ...]) -> dict[str, str]:
    """Return the value of cloud-config's `ssh_keys`."""
    result = {}
    for key in keys:
        kind = key.public.partition(" ")[0].removeprefix("ssh-").partition("-")[0]
        result[f"{kind}_private"] = key.private
        result[f"{kind}_public"] = key.public
    return result


def _file(file: SeedFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "permissions": f"{file.mode:04o}",
        "encoding": "b64",
        "append": file.appends,
        "content": base64.b64encode(file.content).decode(),
    }


def _proxy_files(proxies: Mapping[str, str]) -> list[SeedFile]:
    """Logins read /etc/environment; apt, which root also runs without a login, has a file of its own."""
    if not proxies:
        return []
    both = [(name, value) for key, value in proxies.items() for name in (key.lower(), key.upper())]
    lines = "".join(f'{name}="{value}"\n' for name, value in both)
    apt = "".join(
        f'Acquire::{scheme}::Proxy "{proxies[f"{scheme}_proxy"]}";\n'
        for scheme in ("http", "https")
        if proxies.get(f"{scheme}_proxy")
    )
    environment = SeedFile("/etc/environment", lines.encode(), appends=True)
    return [environment, *([SeedFile(PROXY_FILE, apt.encode())] if apt else [])]


_MOUNT_OPTIONS = {
    "9p": "trans=virtio,version=9p2000.L,msize=131072,nofail",
    "virtiofs": "nofail",
    "vboxsf": "nofail",
}


def _mount(shared: SharedFolder) -> list[str]:
    options = _MOUNT_OPTIONS[shared.kind] + (",ro" if shared.read_only else "")
    return [shared.tag, shared.path, shared.kind, options, "0", "0"]


def network_config(seed: GuestSeed) -> dict[str, Any]:
    """Return the network configuration, version 2: every card by its address, all by DHCP."""
    cards = {}
    for number, network in enumerate(seed.networks):
        card: dict[str, Any] = {"match": {"macaddress": network.mac.lower()}, "dhcp4": True}
        if not network.is_default:
            # A network without a way out must hold nobody up.
            card |= {"optional": True, "dhcp4-overrides": {"use-routes": False, "use-dns": False}}
        cards[f"card{number}"] = card
    return {"version": 2, "ethernets": cards}


def iso(files: Mapping[str, bytes]) -> bytes:
    """Return an ISO image, labelled `cidata`, with these files in its root folder."""
    import pycdlib  # late: only a creation needs it

    image = pycdlib.PyCdlib()
    image.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=LABEL)
    for number, (name, content) in enumerate(files.items()):
        image.add_fp(
            io.BytesIO(content), len(content), f"/FILE{number}.;1", rr_name=name, joliet_path=f"/{name}"
        )
    result = io.BytesIO()
    image.write_fp(result)
    image.close()
    return result.getvalue()
