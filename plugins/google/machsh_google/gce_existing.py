"""Gives the machine's key and network tag to an instance of the user's, and takes them away again."""

from __future__ import annotations

from machsh.api import CloudTags
from machsh_google.gce_api import Answer, GceApi, doing
from machsh_google.gce_record import GoogleRecord

KEYS = "ssh-keys"


def key_line(user: str, public_key: str, tags: CloudTags) -> str:
    """Return the key as Google's metadata have it, with the machine's token as comment."""
    kind, blob, *_ = public_key.split()
    return f"{user}:{kind} {blob} machsh-{tags.owner}"


def give_access(api: GceApi, record: GoogleRecord, public_key: str, tags: CloudTags) -> None:
    """Add key and network tag, once; the instance's others stay."""
    name = record.machine_name
    line = key_line(record.ssh_user, public_key, tags)
    with doing(f"preparing the instance {name}"):
        instance = api.get(api.path("zones", record.zone, "instances", name))
        record.network = _network_of(instance) or record.network
        _set(api, instance, record.zone, [line], [record.network_tag], tags)


def take_access(api: GceApi, zone: str, name: str, tags: CloudTags) -> None:
    """Remove key and network tag; succeed if the instance is gone."""
    with doing(f"taking the key from the instance {name}"):
        instance = api.found_or_none(api.path("zones", zone, "instances", name))
        if instance is not None:
            _set(api, instance, zone, [], [], tags)


def _set(
    api: GceApi, instance: Answer, zone: str, lines: list[str], network_tags: list[str], tags: CloudTags
) -> None:
    """Replace the machine's lines and tags. The fingerprints keep others' changes from being lost."""
    name, ours = str(instance["name"]), f"machsh-{tags.machine}"
    path = api.path("zones", zone, "instances", name)
    metadata, labels = instance.get("metadata") or {}, instance.get("tags") or {}
    items = {str(one["key"]): str(one.get("value", "")) for one in metadata.get("items") or []}
    others = [one for one in items.get(KEYS, "").splitlines() if not one.endswith(f"machsh-{tags.owner}")]
    keys = "\n".join([*others, *lines])
    changed = [{"key": key, "value": value} for key, value in {**items, KEYS: keys}.items() if value]
    what = f"the metadata of {name}"
    api.wait(
        api.post(f"{path}/setMetadata", {"fingerprint": metadata.get("fingerprint"), "items": changed}), what
    )
    kept = [one for one in labels.get("items") or [] if one != ours]
    body = {"fingerprint": labels.get("fingerprint"), "items": [*kept, *network_tags]}
    api.wait(api.post(f"{path}/setTags", body), f"the network tags of {name}")


def _network_of(instance: Answer) -> str:
    """Return the path of the network that an instance is in, without the API's address."""
    nics = instance.get("networkInterfaces") or [{}]
    network = str(nics[0].get("network") or "")
    return network[network.index("projects/") :] if "projects/" in network else ""
