"""Puts the options of `create -d google` into a machine's record."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any

from machsh.api import API_URL, OpenPort, UsageError, Values, networks, refuse_options
from machsh_google.gce_options import NETWORK, OPEN_PORT, USER
from machsh_google.gce_record import EXTRA_DISK, GoogleRecord

_NAME = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?")
MOST_NAME = 51
"""The longest name of a machine: firewall rules add twelve characters, and names have at most 63."""
_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}=[a-z0-9_-]{0,63}")
_URL = re.compile(r"https?://[^/]+/(?:compute/)?v1/projects/")
_HELP = "machsh create -d google --help lists all options"


def fill(record: GoogleRecord, values: Values) -> None:
    """Copy the options into the record, but the project. Raises UsageError."""
    _check(values)
    text, flag = values.text, values.flag
    record.zone = text("google-zone")
    record.use_existing = flag("google-use-existing")
    if not record.use_existing:
        record.machine_type = text("google-machine-type")
        record.machine_image = _URL.sub("", text("google-machine-image")).removeprefix("projects/")
        record.disk_type, record.disk_size = text("google-disk-type"), values.number("google-disk-size")
        record.address, record.tags = text("google-address"), text("google-tags")
        record.preemptible, record.spot = flag("google-preemptible"), flag("google-spot")
        record.service_account, record.scopes = text("google-service-account"), text("google-scopes")
        record.extra_disks = _extra_disks(values.texts("google-extra-disk"), record.disk_type)
        record.server_labels = _labels(values.texts("google-label"))
        record.user_data_file = _path(text("google-user-data-file"))
    record.network, record.subnetwork = text("google-network") or NETWORK, text("google-subnetwork")
    record.use_internal_ip_only = flag("google-use-internal-ip-only")
    record.use_internal_ip = flag("google-use-internal-ip") or record.use_internal_ip_only
    record.open_ports = list(map(str, OpenPort.parse_all(values.texts(OPEN_PORT), OPEN_PORT)))
    record.open_to = _networks(values.texts("google-open-to"))
    record.ssh_user, record.ssh_port = text("google-username") or USER, 22
    record.credentials_file = _path(text("google-credentials-file"))
    record.endpoint = text("google-endpoint")


def _path(given: str) -> str:
    return str(Path(given).expanduser().absolute()) if given else ""


def _check(values: Values) -> None:
    """Raise UsageError for options that exclude or need each other."""
    text, flag = values.text, values.flag
    endpoint = text("google-endpoint")
    wrong = {
        "--google-preemptible excludes --google-spot": flag("google-preemptible") and flag("google-spot"),
        "--google-address excludes --google-use-internal-ip-only": bool(
            text("google-address") and flag("google-use-internal-ip-only")
        ),
        f"--google-zone {text('google-zone')} is not a zone": not re.fullmatch(
            r"[a-z]+(?:-[a-z0-9]+){2,}", text("google-zone")
        ),
        f"--google-endpoint {endpoint} is not https": bool(endpoint) and not API_URL.accepts(endpoint),
        "--google-disk-size is not a number of GB": values.number("google-disk-size") < 0,
    }
    refuse_options(wrong, _HELP)


def check_name(record: GoogleRecord) -> None:
    """Raise UsageError if Google does not take the machine's name for an instance."""
    name = record.machine_name
    if not _NAME.fullmatch(name) or len(name) > MOST_NAME:
        raise UsageError(
            f"Google takes no instance of the name {name}",
            hint=f"small letters, digits and dashes, a letter first, at most {MOST_NAME} characters",
        )


def _extra_disks(given: list[str], kind: str) -> list[str]:
    found = [disk if ":" in disk else f"{disk}:{kind}" for disk in given]
    for disk in found:
        if not EXTRA_DISK.accepts(disk):
            raise UsageError(
                f"--google-extra-disk {disk} is not a disk", hint="write 100 or 100:pd-ssd, in GB"
            )
    return found


def _labels(given: list[str]) -> dict[str, Any]:
    for label in given:
        if not _LABEL.fullmatch(label):
            raise UsageError(
                f"--google-label {label} is not a label",
                hint="write KEY=VALUE, in small letters, digits, dashes and underscores",
            )
    return dict(label.split("=", 1) for label in given)


def _networks(given: list[str]) -> list[str]:
    found = networks(given, "google-open-to")
    for network in found:
        if ipaddress.ip_network(network).version != 4:
            raise UsageError(
                f"--google-open-to {network} is not an IPv4 network",
                hint="the instances have IPv4 addresses only: name the networks that reach those",
            )
    return found


def open_ports(record: GoogleRecord) -> list[OpenPort]:
    """Return the ports that everybody may reach."""
    return OpenPort.parse_all(record.open_ports, OPEN_PORT)


def network_tags(record: GoogleRecord) -> list[str]:
    """Return the instance's network tags: the machine's own, and the user's."""
    given = [one.strip() for one in record.tags.split(",") if one.strip()]
    return [record.network_tag, *(one for one in given if one != record.network_tag)]
