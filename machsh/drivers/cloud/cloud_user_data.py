"""The user data of a cloud server, which cloud-init runs at its first boot.

The host's key pair is made on this computer and given to the server, so that the first contact is checked.
Whoever can read the server's metadata (each user of the server, and the provider) can read it, as with any
key that a provider's console shows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from machsh.drivers.guest.seed import HostKey, ssh_keys
from machsh.errors import UsageError

_KINDS = {
    "#cloud-config": "cloud-config",
    "#!": "x-shellscript",
    "#include": "x-include-url",
    "#cloud-boothook": "cloud-boothook",
    "## template: jinja": "jinja2",
}
"""First characters of user data -> its MIME type below `text/`."""
_MERGE = "list(append)+dict(no_replace,recurse_list)+str()"
"""cloud-init's rule for the user's part, which follows ours: lists are joined, and ours are not replaced."""


@dataclass(frozen=True, slots=True)
class CloudUserData:
    """The user data of a server. `own` is the user's part, in any of cloud-init's formats."""

    host_keys: tuple[HostKey, ...] = ()
    authorized_keys: tuple[str, ...] = ()
    """Public keys for the image's own user, beside those that the provider installs."""
    boot_script: str = field(default="", repr=False)
    """Run by sh as root at every boot, before the services start; see `DriverContext.first_boot`."""
    own: str = field(default="", repr=False)

    def text(self, largest: int) -> str:
        """Return the user data. Raises UsageError if it has more than `largest` bytes."""
        found = self._joined() if self.own.strip() else _cloud_config(self)
        if len(found.encode()) > largest:
            raise UsageError(
                f"the user data has {len(found.encode())} bytes, and the provider takes {largest}",
                hint="let a short script download the rest",
            )
        return found

    def _joined(self) -> str:
        from email.mime.multipart import MIMEMultipart
        from email.mime.text import MIMEText

        both = MIMEMultipart(boundary="machsh-user-data")
        both.attach(MIMEText(_cloud_config(self), "cloud-config"))
        begin = next((one for one in _KINDS if self.own.startswith(one)), "")
        if not begin:
            raise UsageError(
                "the user data begins with nothing that cloud-init knows",
                hint="its first line says what it is: #cloud-config, or #!/bin/sh for a script",
            )
        part = MIMEText(self.own, _KINDS[begin])
        part["Merge-Type"] = _MERGE
        both.attach(part)
        return both.as_string()


def _cloud_config(data: CloudUserData) -> str:
    config: dict[str, Any] = {"package_update": False, "package_upgrade": False}
    if data.host_keys:
        config |= {"ssh_deletekeys": True, "ssh_keys": ssh_keys(data.host_keys)}
    if data.authorized_keys:
        config["ssh_authorized_keys"] = list(data.authorized_keys)
    if data.boot_script:
        config["bootcmd"] = [f"(\n{data.boot_script}\n)"]
    # JSON, which is YAML, too.
    return "#cloud-config\n" + json.dumps(config, ensure_ascii=False, indent=1) + "\n"
