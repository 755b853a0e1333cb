"""A machine of the driver, whose record is stored as machsh stores it: at the beginning, and when it is kept."""

from pathlib import Path

import pytest
from machsh_aws.driver import AmazonEc2Driver
from machsh_aws.ec2_options import OPTIONS
from machsh_aws.ec2_record import Ec2Record

from machsh.api import DriverContext, Values
from machsh.testing.fake_cloud.cloud_trial import WAIT_FOR_LONG, CloudTrial
from machsh.testing.fakes import FakeEnvironment, RecordingProgress, ScriptedAsk
from plugins.aws.tests.ec2_stand_in import REGION, Fault

KEYS = {"AWS_ACCESS_KEY_ID": "AKIATESTING", "AWS_SECRET_ACCESS_KEY": "testing-secret"}
CODES = {403: "UnauthorizedOperation", 404: "InvalidInstanceID.NotFound", 409: "IncorrectState", 429: "RequestLimitExceeded", 500: "InternalError"}  # fmt: skip
ANYBODY = {"amazonec2-open-to": ["198.51.100.7"]}


class TrialMachine:
    """`driver` is the one of this process; `again()` is the one of the next."""

    def __init__(self, cloud, folder: Path, name: str = "web") -> None:
        self.cloud = cloud
        self.folder = folder
        self.name = name
        self.seconds = 20.0
        self.variables = {**KEYS, "AWS_ENDPOINT": cloud.url, "AWS_INSECURE_TRANSPORT": "1"}
        self.progress = RecordingProgress()
        self.driver: AmazonEc2Driver | None = None
        self.stored: dict = {}

    def context(self, *, opens_engine_port: bool = True) -> DriverContext:
        """The context of a call."""
        environment = FakeEnvironment(self.folder, variables=self.variables)
        context = DriverContext(environment, self.progress, ScriptedAsk(), self.seconds)
        context.opens_engine_port = opens_engine_port
        return context

    def configured(self, values=ANYBODY, *, opens_engine_port: bool = True) -> AmazonEc2Driver:
        """A driver with these options, as for a new machine."""
        record = Ec2Record(machine_name=self.name, store_path=str(self.folder / "store"))
        self.driver = AmazonEc2Driver(record, self.context(opens_engine_port=opens_engine_port))
        content = {}
        for option in OPTIONS:
            variable = self.variables.get(option.variable)
            content[option.name] = variable or option.absent(is_docker_machine=False)
        self.driver.configure(Values({**content, **values}, set(values)))
        return self.driver

    def checked(self, values=ANYBODY, **more) -> AmazonEc2Driver:
        """The same after the check before creation; its record is stored."""
        driver = self.configured(values, **more)
        driver.pre_create_check()
        driver.machine_folder.mkdir(parents=True, exist_ok=True)
        driver.context.keep = self.keep
        self.keep()
        return driver

    def created(self, values=ANYBODY, **more) -> AmazonEc2Driver:
        """A driver whose machine was made."""
        driver = self.checked(values, **more)
        driver.create()
        self.keep()
        return driver

    def keep(self) -> None:
        """Store the record."""
        assert self.driver is not None
        self.stored = self.driver.record.to_json()

    def again(self) -> AmazonEc2Driver:
        """The driver as the next process loads it."""
        record = Ec2Record.from_json(self.stored)
        record.check("Driver")
        self.driver = AmazonEc2Driver(record, self.context())
        self.driver.context.keep = self.keep
        return self.driver


class Ec2Trial(CloudTrial):
    """Instances in moto."""

    values = ANYBODY

    @pytest.fixture(autouse=True)
    def _cloud(self, cloud, monkeypatch):
        monkeypatch.setattr("machsh_aws.ec2_resources.POLL_SECONDS", 0.05)
        monkeypatch.setattr("machsh_aws.ec2_creation.POLL_SECONDS", 0.05)
        self.cloud = cloud
        self.trials = {}

    def new(self, folder, name):
        self.trials[name] = TrialMachine(self.cloud, folder, name)
        self.trials[name].variables["AWS_DEFAULT_REGION"] = REGION
        driver = self.trials[name].configured(self.values)
        driver.context.keep = self.trials[name].keep
        driver.machine_folder.mkdir(parents=True, exist_ok=True)
        return driver

    def again(self, driver):
        return self.trials[driver.record.machine_name].again()

    def left(self):
        # An instance's first volume goes with it, and is on the bill.
        found = {**self.cloud.left(), "volume": 0}
        return sorted(kind for kind, count in found.items() for _ in range(count))

    def billed(self):
        return self.cloud.billable()

    def spoil(self, turn, skip):
        headers = tuple(WAIT_FOR_LONG.items()) if turn.status == 429 else ()
        code, times = CODES.get(turn.status, ""), 1 if turn.is_once else 1000
        self.cloud.faults = [Fault("*", turn.status, code, "bad turn", times, skip, headers, is_late=turn.is_late, is_cut=not turn.status)]  # fmt: skip
