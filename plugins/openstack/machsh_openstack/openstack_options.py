"""The driver's options of `create`: docker-machine's, then machsh's own."""

from __future__ import annotations

from typing import Any

from machsh.api import Kind, Option


def _of(name: str, text: str, kind: Kind = Kind.STRING, variable: str = "", **more: Any) -> Option:
    variable = variable or f"OS_{name.upper().replace('-', '_')}"
    return Option(f"openstack-{name}", text, kind, variable=variable, **more)


def _ours(name: str, text: str, kind: Kind = Kind.STRING, **more: Any) -> Option:
    return _of(name, text, kind, ours=True, **more)


ACCESS_OPTIONS = (
    _of("auth-url", "URL of Keystone, the identity service"),
    _of("insecure", "Do not check the services' TLS certificates", Kind.BOOL),
    _of("cacert", "File of certificates that are trusted, instead of the system's", values="file"),
    _of("domain-id", "Domain of user and project, by ID"),
    _of("domain-name", "Domain of user and project, by name"),
    _of("username", "User"),
    _of("password", "Password; it is not stored", secret=True),
    _of("tenant-name", "Project, by name"),
    _of("tenant-id", "Project, by ID"),
    _of("region", "Region", variable="OS_REGION_NAME", values="openstack.region"),
    _of("endpoint-type", "Which of the services' URLs: publicURL, internalURL or adminURL"),
    _ours("cloud", "Cloud of clouds.yaml, instead of the options for access", values="openstack.cloud"),
    _ours("project-name", "Project, by name", hidden=True),
    _ours("project-id", "Project, by ID", hidden=True),
    _ours("user-domain-id", "Domain of the user alone, by ID"),
    _ours("user-domain-name", "Domain of the user alone, by name"),
    _ours("project-domain-id", "Domain of the project alone, by ID"),
    _ours("project-domain-name", "Domain of the project alone, by name"),
    _ours("application-credential-id", "Application credential, instead of user and project"),
    _ours("application-credential-name", "The same by name; needs the user, too"),
    _ours("application-credential-secret", "Its secret; it is not stored", secret=True),
)
"""Those that say where and as whom to log in."""

OPTIONS = (
    *ACCESS_OPTIONS,
    _of("availability-zone", "Availability zone", values="openstack.zone"),
    _of("flavor-id", "Flavor, by ID"),
    _of(
        "flavor-name",
        "Flavor, by name",
        values="openstack.flavor",
        default_words="the smallest with 2 GB",
    ),
    _of("image-id", "Image, by ID"),
    _of(
        "image-name",
        "Image, by name",
        values="openstack.image",
        default_words="the newest Ubuntu LTS",
    ),
    _of("keypair-name", "Key pair that you have there; needs --openstack-private-key-file"),
    _of("private-key-file", "Its private key", values="file"),
    _of("net-id", "Network, by ID", variable="OS_NETWORK_ID"),
    _of(
        "net-name",
        "Network, by name",
        variable="OS_NETWORK_NAME",
        values="openstack.network",
        default_words="the project's only one",
    ),
    _of("user-data-file", "File with user data for cloud-init", values="file"),
    _of(
        "sec-groups",
        "Security groups that you have, comma-separated, instead of one of the machine's own",
        variable="OS_SECURITY_GROUPS",
        values="openstack.group",
    ),
    _of("nova-network", "Kept for docker-machine's scripts; has no effect", Kind.BOOL, hidden=True),
    _of(
        "floatingip-pool",
        "External network from which the machine gets a floating address",
        values="openstack.pool",
    ),
    _of("ip-version", "4 or 6: which of its addresses is used", Kind.INT, default=4),
    _of("ssh-user", "User for ssh", default="root", default_words="the image's"),
    _of("ssh-port", "Port for ssh", Kind.INT, default=22),
    _of("active-timeout", "How long the server may take to run, in seconds", Kind.INT, default=200),
    _of("config-drive", "Give the server a drive with its user data and metadata", Kind.BOOL),
    _of("metadata", "Metadata of the server: KEY,VALUE,KEY,VALUE"),
    _ours("architecture", "Architecture of the image", choices=("x86", "arm")),
    _ours("volume-size", "Boot from a volume of that many GB, instead of the flavor's disk", Kind.INT),
    _ours("volume-type", "Type of that volume"),
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
