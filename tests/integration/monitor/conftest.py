"""A store with machines whose engines are fakes behind real TLS, and a monitored that follows them."""

import pytest

from machsh.environment import Environment
from machsh.machine.machines import Machines
from machsh.monitor.monitored_machines import MonitoredMachines
from machsh.plugin.catalog import Catalog
from machsh.progress import NullProgress, NullPrompter
from machsh.testing.fakes import FakeEnvironment
from tests.integration.cli.conftest import House
from tests.support.waiting import wait_until

SECOND = 1_000_000_000


def with_container(engine, name, state="running", image="none"):
    engine.containers[name] = {
        "Id": f"id-{name}", "Config": {"Labels": {}}, "State": {"Status": state}, "HostConfig": {}, "Image": image,
    }  # fmt: skip


def with_use(engine, name, seconds, used):
    """Let a container have used so many seconds of two processors, so many seconds after its start."""
    engine.stats[name] = {
        "cpu_stats": {
            "cpu_usage": {"total_usage": int(used * SECOND)},
            "system_cpu_usage": int(2 * (seconds + 1) * SECOND),
            "online_cpus": 2,
        },
        "memory_stats": {"usage": 50_000_000, "stats": {}, "limit": 64_000_000},
    }


class Lab(House):
    """A store with fake engines, and fleets on it."""

    def __init__(self, home):
        super().__init__(home)
        self.fleets = []

    def machine(self, name="web"):
        engine = self.engine(name)
        engine.info["ServerVersion"] = "27.3.1"
        return engine

    def monitored(self, choose=None, interval=0.2):
        environment: Environment = FakeEnvironment(self.home)
        catalog = Catalog(environment)
        machines = Machines(environment, catalog=catalog, progress=NullProgress(), ask=NullPrompter())
        monitored = MonitoredMachines(machines, choose or machines.names, interval)
        self.fleets.append(monitored.__enter__())
        return monitored

    def see(self, monitored, seen, what="what the monitored sees", name="web", seconds=20.0):
        """Wait until the view of a machine passes a test; return it."""
        found = []

        def is_seen():
            found[:] = [one for one in monitored.views() if one.name == name]
            return bool(found) and seen(found[0])

        wait_until(is_seen, f"{what}: {found}", seconds)
        return found[0]


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    yield made
    for monitored in made.fleets:
        monitored.__exit__(None, None, None)
    for engine in made.engines:
        engine.stop()


def event(action="start"):
    return {"Type": "container", "MonitorAction": action}
