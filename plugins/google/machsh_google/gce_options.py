"""The options of `create -d google`: docker-machine's, and some of our own."""

from __future__ import annotations

from typing import Any

from machsh.api import Kind, Option

ZONE = "us-central1-a"
RETIRED_TYPE = "n1-standard-1"
RETIRED_IMAGE = "ubuntu-os-cloud/global/images/ubuntu-1604-xenial-v20170721"
"""Defaults of docker-machine that are no longer current."""
USER, NETWORK, DISK_TYPE, DISK_GB = "docker-user", "default", "pd-standard", 10
OPEN_PORT = "google-open-port"
_AUTH = "https://www.googleapis.com/auth"
SCOPES = f"{_AUTH}/devstorage.read_only,{_AUTH}/logging.write,{_AUTH}/monitoring.write"


def _option(name: str, text: str, kind: Kind = Kind.STRING, default: Any = None, **more: Any) -> Option:
    variable = "" if kind is Kind.LIST else f"GOOGLE_{name.upper().replace('-', '_')}"
    return Option(f"google-{name}", text, kind, default, **{"variable": variable, **more})


_OF_DOCKER_MACHINE = (
    _option("zone", "Zone", default=ZONE, values="google.zone"),
    _option(
        "machine-type",
        "Machine type",
        default=RETIRED_TYPE,
        own_default="",
        values="google.machine-type",
        default_words="e2-medium, or the smallest of the zone with 4 GB",
    ),
    _option(
        "machine-image",
        "Image: its URL, PROJECT/global/images/IMAGE, or PROJECT/global/images/family/FAMILY",
        default=RETIRED_IMAGE,
        own_default="",
        values="google.image",
        default_words="the newest Ubuntu LTS",
    ),
    _option("username", "User for ssh, who is made on the host", default=USER),
    _option("project", "Project", default_words="that of the credentials, or gcloud's"),
    _option(
        "service-account",
        "Service account of the instance (email address), or none",
        default="default",
    ),
    _option("scopes", "Scopes of the instance's service account (comma-separated)", default=SCOPES),
    _option("disk-size", "Size of the disk in GB", Kind.INT, DISK_GB),
    _option("disk-type", "Type of the disk", default=DISK_TYPE, values="google.disk-type"),
    _option("network", "Network: its name, or its URL", default=NETWORK, values="google.network"),
    _option("subnetwork", "Subnetwork of the zone's region: its name, or its URL"),
    _option("address", "Reserved external address: its name, or the address"),
    _option("preemptible", "An instance that Google may stop at any time, and stops after a day", Kind.BOOL),
    _option("tags", "Network tags of the instance (comma-separated)"),
    _option("use-internal-ip", "Reach the machine by its internal address", Kind.BOOL),
    _option("use-internal-ip-only", "No external address; reach it by the internal one", Kind.BOOL),
    _option("use-existing", "Make no instance, use one of the machine's name that exists", Kind.BOOL),
    _option("open-port", "Port that everybody may reach, such as 8080/tcp", Kind.LIST),
)
_OURS = (
    _option(
        "open-to",
        "Network that may reach ssh and the engine (default: your own address)",
        Kind.LIST,
        ours=True,
    ),
    _option("spot", "A spot instance: cheaper, and Google may stop it at any time", Kind.BOOL, ours=True),
    _option("extra-disk", "Further disk: its GB, or GB:TYPE such as 100:pd-ssd", Kind.LIST, ours=True),
    _option("label", "Label of the instance, KEY=VALUE", Kind.LIST, ours=True),
    _option("user-data-file", "File with user data for cloud-init", values="file", ours=True),
    _option(
        "credentials-file",
        "File of a service account or of other credentials",
        variable="GOOGLE_APPLICATION_CREDENTIALS",
        values="file",
        ours=True,
    ),
    _option(
        "endpoint",
        "URL of the provider's API",
        variable="CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE",
        ours=True,
        hidden=True,
    ),
)
OPTIONS = (*_OF_DOCKER_MACHINE, *_OURS)
