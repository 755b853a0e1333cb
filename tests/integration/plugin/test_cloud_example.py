"""The example of a driver of a cloud works, against the cloud that machsh has for tests."""

import re
import socket
from itertools import count

import pytest

from machsh.api import MachshError, State, UsageError
from machsh.plugin.catalog import DRIVERS
from machsh.testing.driver_contract import DriverContract
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault, FakeCloud, RouteError
from machsh.testing.plugins import install_file, load
from tests.rules.sources import TOP

EXAMPLE = (TOP / "examples" / "plugins" / "vultr.py").read_text()
PLANS = {"available_plans": ["vc2-1c-1gb"]}


class FakeVultr(FakeCloud):
    """One account: servers and keys by ID, a page of one entry at a time."""

    def __init__(self):
        super().__init__()
        self.things = {"instance": {}, "ssh-key": {}}
        self._numbers = count(1)
        self.route("GET", r"/regions/ewr/availability", lambda request: CloudAnswer(PLANS))
        for kind in self.things:
            self._declare(kind, kind.replace("-", "_"))
        self.route("POST", r"/instances/([^/]+)/(start|halt|reboot)", self._act)

    def _declare(self, kind, word):
        things = self.things[kind]

        def one(request, key):
            if key not in things:
                raise RouteError(self.not_found())
            return CloudAnswer({word: things[key]})

        def page(request):
            entries, at = list(things.values()), int(request.query.get("cursor") or 0)
            following = str(at + 1) if at + 1 < len(entries) else ""
            return CloudAnswer({f"{word}s": entries[at : at + 1], "meta": {"links": {"next": following}}})

        def make(request):
            key = f"{kind}-{next(self._numbers)}"
            state = {"status": "active", "power_status": "running", "main_ip": "127.0.0.1"}
            things[key] = {**request.body, "id": key, "date_created": "2026-01-02T03:04:05+00:00", **state}
            return CloudAnswer({word: things[key]}, 201)

        def delete(request, key):
            one(request, key)
            del things[key]
            return CloudAnswer()

        path = f"/{kind}s"
        self.route("GET", path, page)
        self.route("POST", path, make)
        self.route("GET", f"{path}/([^/]+)", one)
        self.route("DELETE", f"{path}/([^/]+)", delete)

    def _act(self, request, key, verb):
        self.things["instance"][key]["power_status"] = "stopped" if verb == "halt" else "running"
        return CloudAnswer({}, 204)

    @property
    def rest(self):
        return [key for things in self.things.values() for key in things]


@pytest.fixture(scope="module")
def driver_type(tmp_path_factory):
    return load(DRIVERS, "vultr", install_file(EXAMPLE, tmp_path_factory.mktemp("example"), "vultr"))


@pytest.fixture
def cloud():
    with FakeVultr() as fake:
        yield fake


class TestCloudDriver(DriverContract):
    seconds = 20.0

    @pytest.fixture(autouse=True)
    def example(self, driver_type, cloud):
        self.driver_type, self.cloud = driver_type, cloud
        with socket.create_server(("127.0.0.1", 0)) as self.door:
            yield

    def prepare(self, folder):
        return {"vultr-endpoint": self.cloud.url}

    def context(self, folder):
        context = super().context(folder)
        context.environment.variables |= {
            "VULTR_API_KEY": self.cloud.token,
            "VULTR_API_URL": self.cloud.url,
        }
        return context

    def new_driver(self, folder, values=None):
        driver = super().new_driver(folder, values)
        driver.record.ssh_port = self.door.getsockname()[1]
        return driver

    def ready(self, tmp_path):
        driver = self.new_driver(tmp_path)
        driver.machine_folder.mkdir(parents=True)
        return driver

    @pytest.mark.parametrize("at", [0, 1])
    def test_a_creation_that_was_cut_off_makes_nothing_twice(self, tmp_path, at):
        driver = self.ready(tmp_path)
        self.cloud.faults.append(CloudFault(method="POST", skip=at, is_late=True))
        with pytest.raises(MachshError, match="Vultr's API cannot be reached"):
            driver.create()
        driver = self.again(driver)
        driver.resume_create()
        assert sorted(self.cloud.rest) == ["instance-2", "ssh-key-1"]
        driver.remove()
        assert self.cloud.rest == []

    def test_many_machines_are_asked_for_with_one_question_and_found_when_lost(self, tmp_path, driver_type):
        driver = self.ready(tmp_path)
        driver.create()
        self.cloud.calls.clear()
        assert driver_type.states([driver]) == {self.machine: State.RUNNING}
        assert self.cloud.calls == ["GET /instances"]
        assert driver_type.orphans(driver.context, driver.store, [driver]) == []
        lost = driver_type.orphans(driver.context, driver.store, [])
        assert [(one.kind, one.machine, one.cost) for one in lost] == [
            ("instance", self.machine, "per hour"),
            ("ssh-key", self.machine, "free"),
        ]
        for one in lost:
            driver_type.remove_orphan(one, driver.context, driver.store)
        assert self.cloud.rest == []

    def test_without_a_token_all_places_are_told(self, tmp_path):
        driver = self.new_driver(tmp_path)
        del driver.context.environment.variables["VULTR_API_KEY"]
        with pytest.raises(UsageError, match="no key for Vultr's API was found") as caught:
            driver.pre_create_check()
        assert re.match(r"looked at: --vultr-api-key, VULTR_API_KEY; ", caught.value.hint)
