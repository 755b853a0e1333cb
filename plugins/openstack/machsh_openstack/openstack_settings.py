"""Takes the options of `create` into the record, and checks what can be checked without asking the cloud."""

from __future__ import annotations

from machsh.api import Environment, Kind, OpenPort, UsageError, Value, Values, networks, option_pairs
from machsh_openstack.openstack_login import fill_access
from machsh_openstack.openstack_options import ACCESS_OPTIONS
from machsh_openstack.openstack_record import OpenStackRecord

OPEN_PORT = "openstack-open-port"
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
"""What a variable says for a flag that is on, as everywhere in docker-machine."""
_EITHER = "Either {0} name or {0} id must be specified, not both"


def fill(record: OpenStackRecord, values: Values, environment: Environment) -> None:
    """Copy the options into the record. Raises UsageError."""
    fill_access(record, values, environment)
    text = values.text
    record.availability_zone = text("openstack-availability-zone")
    record.flavor_id, record.flavor_name = _one_of(values, "flavor", "Flavor")
    record.image_id, record.image_name = _one_of(values, "image", "Image")
    record.network_id, record.network_name = _one_of(values, "net", "Network")
    record.floating_ip_pool = text("openstack-floatingip-pool")
    record.ip_version = values.number("openstack-ip-version")
    if record.ip_version not in (4, 6):
        raise UsageError(f"--openstack-ip-version {record.ip_version} is not a version", hint="give 4 or 6")
    if record.ip_version == 6 and record.floating_ip_pool:
        raise UsageError("--openstack-floatingip-pool excludes --openstack-ip-version 6: they are IPv4 only")
    _fill_login(record, values, environment)
    _fill_doors(record, values)
    record.active_timeout = values.number("openstack-active-timeout")
    record.config_drive = values.flag("openstack-config-drive")
    record.metadata = option_pairs(text("openstack-metadata"), "openstack-metadata") or None
    record.architecture = text("openstack-architecture")
    record.volume_size = values.number("openstack-volume-size")
    record.volume_type = text("openstack-volume-type")
    if record.volume_size < 0 or (record.volume_type and not record.volume_size):
        raise UsageError("--openstack-volume-type needs --openstack-volume-size, a number of GB")
    file = text("openstack-user-data-file")
    record.user_data_file = environment.absolute(file) if file else ""


def _one_of(values: Values, option: str, word: str) -> tuple[str, str]:
    identifier, name = values.text(f"openstack-{option}-id"), values.text(f"openstack-{option}-name")
    if identifier and name:
        raise UsageError(_EITHER.format(word), hint=f"--openstack-{option}-id or --openstack-{option}-name")
    return identifier, name


def _fill_login(record: OpenStackRecord, values: Values, environment: Environment) -> None:
    record.key_pair_name = values.text("openstack-keypair-name")
    file = values.text("openstack-private-key-file")
    record.private_key_file = environment.absolute(file) if file else ""
    record.existing_key = bool(record.key_pair_name)
    if bool(record.key_pair_name) != bool(file):
        raise UsageError("Both KeyPairName and PrivateKeyFile must be specified")
    user = "openstack-ssh-user"
    is_chosen = user in values.given or bool(environment.variable("OS_SSH_USER"))
    # docker-machine's default, root, cannot log in on the images of most distributions.
    record.ssh_user = values.text(user) if is_chosen or values.text(user) != "root" else ""
    record.ssh_port = values.number("openstack-ssh-port") or 22
    if not 0 < record.ssh_port < 65536:
        raise UsageError(f"--openstack-ssh-port {record.ssh_port} is not a port")


def _fill_doors(record: OpenStackRecord, values: Values) -> None:
    groups = [one.strip() for one in values.text("openstack-sec-groups").split(",")]
    record.security_groups = [one for one in groups if one] or None
    record.open_to = networks(values.texts("openstack-open-to"), "openstack-open-to") or None
    record.open_ports = list(map(str, OpenPort.parse_all(values.texts(OPEN_PORT), OPEN_PORT)))
    record.open_ports = record.open_ports or None
    if record.security_groups and (record.open_to or record.open_ports):
        raise UsageError(
            "--openstack-sec-groups excludes --openstack-open-to and --openstack-open-port",
            hint="machsh does not change groups that it did not make",
        )


def open_ports(record: OpenStackRecord) -> list[OpenPort]:
    """Return the ports that everybody may reach."""
    return OpenPort.parse_all(record.open_ports, OPEN_PORT)


def values_of(environment: Environment) -> Values:
    """Return the options for access as the environment's variables have them."""
    content: dict[str, Value] = {}
    for option in ACCESS_OPTIONS:
        told = environment.variable(option.variable) or ""
        content[option.name] = told in _TRUE if option.kind is Kind.BOOL else told
    return Values(content)
