"""Takes the options of `create` into the record, and checks what can be checked without asking Hetzner."""

from __future__ import annotations

from typing import Any

from machsh.api import OpenPort, UsageError, Values, networks, refuse_options
from machsh_hetzner.hetzner_options import OPEN_PORT, OPEN_TO
from machsh_hetzner.hetzner_record import HetznerRecord

AUTO_SPREAD = "machsh-spread"
"""Name of the placement group of `--hetzner-auto-spread`."""


def fill(record: HetznerRecord, values: Values) -> None:
    """Copy the options into the record. Raises UsageError."""
    _check(values)
    record.image, record.image_arch = values.text("hetzner-image"), values.text("hetzner-image-arch")
    record.image_id = _number(values.text("hetzner-image-id"), "hetzner-image-id")
    record.type, record.location = values.text("hetzner-server-type"), values.text("hetzner-server-location")
    record.key_id = values.number("hetzner-existing-key-id")
    record.existing_key_path = values.text("hetzner-existing-key-path")
    record.is_existing_key = bool(record.key_id)
    record.additional_keys = values.texts("hetzner-additional-key")
    _fill_networks(record, values)
    record.server_labels = _labels(values.texts("hetzner-server-label"), "hetzner-server-label")
    record.key_labels = _labels(values.texts("hetzner-key-label"), "hetzner-key-label")
    spread = AUTO_SPREAD if values.flag("hetzner-auto-spread") else ""
    record.placement_group = values.text("hetzner-placement-group") or spread
    record.user_data, record.user_data_file = _user_data(values)
    record.ssh_user = values.text("hetzner-ssh-user") or "root"
    record.ssh_port = values.number("hetzner-ssh-port") or 22
    record.wait_on_error = values.number("hetzner-wait-on-error")
    record.wait_on_polling = values.number("hetzner-wait-on-polling")
    record.wait_for_running_timeout = values.number("hetzner-wait-for-running-timeout")
    record.endpoint = values.text("hetzner-endpoint")


def _fill_networks(record: HetznerRecord, values: Values) -> None:
    record.volumes = values.texts("hetzner-volumes")
    record.networks = values.texts("hetzner-networks")
    record.firewalls = values.texts("hetzner-firewalls")
    nothing = values.flag("hetzner-disable-public")
    no4 = values.flag("hetzner-disable-public-ipv4") or values.flag("hetzner-disable-public-4")
    no6 = values.flag("hetzner-disable-public-ipv6") or values.flag("hetzner-disable-public-6")
    record.disable_public4, record.disable_public6 = nothing or no4, nothing or no6
    record.use_private_network = nothing or values.flag("hetzner-use-private-network")
    record.primary_ipv4 = values.text("hetzner-primary-ipv4")
    record.primary_ipv6 = values.text("hetzner-primary-ipv6")
    record.open_to = networks(values.texts(OPEN_TO), OPEN_TO)
    record.open_ports = list(map(str, OpenPort.parse_all(values.texts(OPEN_PORT), OPEN_PORT)))


def _check(values: Values) -> None:
    """Raise UsageError for options that exclude or need each other."""
    text, flag = values.text, values.flag
    is_private = flag("hetzner-use-private-network") or flag("hetzner-disable-public")
    no4 = flag("hetzner-disable-public-ipv4") or flag("hetzner-disable-public-4")
    wrong = {
        "--hetzner-image-id excludes --hetzner-image and --hetzner-image-arch": bool(
            text("hetzner-image-id") and (text("hetzner-image") or text("hetzner-image-arch"))
        ),
        "--hetzner-existing-key-id needs --hetzner-existing-key-path": bool(
            values.number("hetzner-existing-key-id") and not text("hetzner-existing-key-path")
        ),
        "--hetzner-user-data excludes --hetzner-user-data-file": bool(
            text("hetzner-user-data") and text("hetzner-user-data-file")
        ),
        "--hetzner-placement-group excludes --hetzner-auto-spread": bool(
            text("hetzner-placement-group") and flag("hetzner-auto-spread")
        ),
        "a machine that is reached by its private address needs --hetzner-networks": is_private
        and not values.texts("hetzner-networks"),
        "--hetzner-primary-ipv4 excludes --hetzner-disable-public-ipv4": bool(
            text("hetzner-primary-ipv4") and (no4 or flag("hetzner-disable-public"))
        ),
    }
    refuse_options(wrong, "machsh create -d hetzner --help lists all options")


def _labels(given: list[str], option: str) -> dict[str, Any]:
    wrong = [one for one in given if "=" not in one.strip("=")]
    if wrong:
        raise UsageError(f"--{option} {wrong[0]} is not a label", hint="write KEY=VALUE")
    return dict(one.split("=", 1) for one in given)


def _number(text: str, option: str) -> int:
    if (text and not text.isascii()) or (not text.isdigit() and text):
        raise UsageError(f"--{option} {text} is not a number", hint="hcloud image list shows the numbers")
    return int(text or 0)


def open_ports(record: HetznerRecord) -> list[OpenPort]:
    """Return the ports that everybody may reach."""
    return OpenPort.parse_all(record.open_ports, OPEN_PORT)


def _user_data(values: Values) -> tuple[str, str]:
    """Return the user data and the file that has it; one of them is empty."""
    data, file = values.text("hetzner-user-data"), values.text("hetzner-user-data-file")
    return ("", data) if values.flag("hetzner-user-data-from-file") and data else (data, file)
