"""The driver's options of `create`: docker-machine's, then machsh's own."""

from __future__ import annotations

from typing import Any

from machsh.api import Kind, Option


def _option(name: str, text: str, kind: Kind = Kind.STRING, variable: str = "", **more: Any) -> Option:
    variable = variable or f"OS_{name.upper().replace('-', '_')}"
    return Option(f"openstack-{name}", text, kind, variable=variable, **more)


def _own_option(name: str, text: str, kind: Kind = Kind.STRING, **more: Any) -> Option:
    return _option(name, text, kind, ours=True, **more)


ACCESS_OPTIONS = (
    _option("auth-url", "URL of Keystone, the identity service"),
    _option("insecure", "Do not check the services' TLS certificates", Kind.BOOL),
    _option("cacert", "File of certificates that are trusted, instead of the system's", values="file"),
    _option("domain-id", "Domain of user and project, by ID"),
    _option("domain-name", "Domain of user and project, by name"),
    _option("username", "User"),
    _option("password", "Password; it is not stored", secret=True),
    _option("tenant-name", "Project, by name"),
    _option("tenant-id", "Project, by ID"),
    _option("region", "Region", variable="OS_REGION_NAME", values="openstack.region"),
    _option("endpoint-type", "Which of the services' URLs: publicURL, internalURL or adminURL"),
    _own_option("cloud", "Cloud of clouds.yaml, instead of the options for access", values="openstack.cloud"),
    _own_option("project-name", "Project, by name", hidden=True),
    _own_option("project-id", "Project, by ID", hidden=True),
    _own_option("user-domain-id", "Domain of the user alone, by ID"),
    _own_option("user-domain-name", "Domain of the user alone, by name"),
    _own_option("project-domain-id", "Domain of the project alone, by ID"),
    _own_option("project-domain-name", "Domain of the project alone, by name"),
    _own_option("application-credential-id", "Application credential, instead of user and project"),
    _own_option("application-credential-name", "The same by name; needs the user, too"),
    _own_option("application-credential-secret", "Its secret; it is not stored", secret=True),
)
"""Those that say where and as whom to log in."""

OPTIONS = (
    *ACCESS_OPTIONS,
    _option("availability-zone", "Availability zone", values="openstack.zone"),
    _option("flavor-id", "Flavor, by ID"),
    _option(
        "flavor-name",
        "Flavor, by name",
        values="openstack.flavor",
        default_words="the smallest with 2 GB",
    ),
    _option("image-id", "Image, by ID"),
    _option(
        "image-name",
        "Image, by name",
        values="openstack.image",
        default_words="the newest Ubuntu LTS",
    ),
    _option("keypair-name", "Key pair that you have there; needs --openstack-private-key-file"),
    _option("private-key-file", "Its private key", values="file"),
    _option("net-id", "Network, by ID", variable="OS_NETWORK_ID"),
    _option(
        "net-name",
        "Network, by name",
        variable="OS_NETWORK_NAME",
        values="openstack.network",
        default_words="the project's only one",
    ),
    _option("user-data-file", "File with user data for cloud-init", values="file"),
    _option(
        "sec-groups",
        "Security groups that you have, comma-separated, instead of one of the machine's own",
        variable="OS_SECURITY_GROUPS",
        values="openstack.group",
    ),
    _option("nova-network", "Kept for docker-machine's scripts; has no effect", Kind.BOOL, hidden=True),
    _option(
        "floatingip-pool",
        "External network from which the machine gets a floating address",
        values="openstack.pool",
    ),
    _option("ip-version", "4 or 6: which of its addresses is used", Kind.INT, default=4),
    _option("ssh-user", "User for ssh", default="root", default_words="the image's"),
    _option("ssh-port", "Port for ssh", Kind.INT, default=22),
    _option("active-timeout", "How long the server may take to run, in seconds", Kind.INT, default=200),
    _option("config-drive", "Give the server a drive with its user data and metadata", Kind.BOOL),
    _option("metadata", "Metadata of the server: KEY,VALUE,KEY,VALUE"),
    _own_option("architecture", "Architecture of the image", choices=("x86", "arm")),
    _own_option("volume-size", "Boot from a volume of that many GB, instead of the flavor's disk", Kind.INT),
    _own_option("volume-type", "Type of that volume"),
    Option(
        "openstack-open-to",
        "Network that may reach ssh and the engine (default: your own address)",
        Kind.LIST,
        ours=True,
    ),
    Option(
        "openstack-open-port", "Port that everybody may reach, such as 80 or 53/udp", Kind.LIST, ours=True
    ),
)
