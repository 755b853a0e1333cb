"""docker-machine's driver protocol, version 1: names, variables and times. `message_types` has its types."""

from __future__ import annotations

API_VERSION = 1
PROGRAM_PREFIX = "docker-machine-driver-"
"""A driver's program is called this and the driver's name."""
CORE_DRIVERS = frozenset(
    "amazonec2 azure digitalocean exoscale generic google hyperv none openstack rackspace softlayer "
    "virtualbox vmwarefusion vmwarevcloudair vmwarevsphere".split()
)
"""Names of the drivers inside docker-machine, which looks for no program for them."""
TOKEN_VARIABLE = "MACHINE_PLUGIN_TOKEN"
TOKEN = "42"
NAME_VARIABLE = "MACHINE_PLUGIN_DRIVER_NAME"
SERVICE = "RPCServerDriver"
OLD_SERVICE = "RpcServerDriver"
"""The service's name before docker-machine 0.5.1."""
HEARTBEAT_SECONDS = 5.0
"""How often a client sends a heartbeat, also while other calls run."""
SILENCE_SECONDS = 10.0
"""A program ends itself if no heartbeat comes for this long."""
UID_VARIABLE = "MACHINE_PLUGIN_UID"
GID_VARIABLE = "MACHINE_PLUGIN_GID"
"""User and group that programs run as if both are set, as in rancher-machine."""
