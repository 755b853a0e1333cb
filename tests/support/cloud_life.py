"""A machine's whole life by the program itself, in a stand-in of a cloud whose servers are real hosts."""

import json
from contextlib import contextmanager

from machsh.testing.fake_cloud.lab_hosts import LabHosts, lab_image
from tests.support.processes import run

OPEN_TO = "192.0.2.0/24"
"""A network that may reach the servers; else the caller's address would be asked of a service outside."""


@contextmanager
def cloud_of_hosts(fake, hosts=LabHosts):
    """Run a stand-in (`fake(hosts)`) whose servers are hosts, and remove those that are left."""
    made = hosts(lab_image())
    try:
        with fake(made) as cloud:
            yield cloud
    finally:
        made.close()


class CloudLife:
    """The machine `web` of a driver; none of the secrets may be printed or stored."""

    def __init__(self, home, driver, variables, secrets, *options):
        self.driver = driver
        self._home = home
        self._variables = variables
        self._secrets = secrets
        self._words = ("create", "-d", driver, *options)
        self._folder = home / ".docker" / "machine" / "machines" / "web"

    def machsh(self, *words):
        """Run machsh, which must succeed; return all that it said."""
        code, out, err = run(self._home, *words, variables=self._variables)
        assert code == 0, out + err
        assert not [secret for secret in self._secrets if secret in out + err]
        return out + err

    def planned(self):
        """Return what would be made."""
        return self.machsh(*self._words, "--dry-run", "web")

    def create(self):
        """Make the machine; return its address, whose host key is known before the first contact."""
        assert "Docker is up and running" in self.machsh(*self._words, "web")
        record = (self._folder / "config.json").read_text()
        assert not [secret for secret in self._secrets if secret in record]
        address, kind, _ = (self._folder / "known_hosts").read_text().split()[:3]
        assert kind == "ssh-ed25519"
        return address

    def live(self, user="root"):
        """List it, ask its engine, and switch it off and on."""
        (row,) = [line for line in self.machsh("ls").splitlines() if line.startswith("web ")]
        assert self.driver in row
        assert "Running" in row
        shown = self.machsh("--machine", "web", "-c", "docker version --format '{{json .Server.Os}}'")
        assert json.loads(shown) == "linux"
        self.machsh("stop", "web")
        assert self.machsh("status", "web").strip() == "Stopped"
        self.machsh("start", "web")
        self.machsh("restart", "web")
        assert self.machsh("status", "web").strip() == "Running"
        assert self.machsh("ssh", "web", "id -un").strip() == user

    def remove(self):
        """Remove it; nothing of it may be found afterwards."""
        assert "Nothing is left over" in self.machsh("orphans", "-d", self.driver)
        self.machsh("rm", "-y", "web")
        assert "Nothing is left over" in self.machsh("orphans", "-d", self.driver)
