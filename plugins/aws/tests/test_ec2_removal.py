"""A removal keeps what every cloud's must."""

import pytest

from machsh.testing.fake_cloud.removal_matrix import WAIT_FOR_LONG, RemovalMatrix
from plugins.aws.tests.ec2_stand_in import Fault
from plugins.aws.tests.trial_machine import ANYBODY, TrialMachine

CODES = {403: "UnauthorizedOperation", 404: "InvalidInstanceID.NotFound", 409: "IncorrectState", 429: "RequestLimitExceeded", 500: "InternalError"}  # fmt: skip


class TestAmazonEc2Removal(RemovalMatrix):
    @pytest.fixture(autouse=True)
    def _cloud(self, cloud, monkeypatch):
        monkeypatch.setattr("machsh_aws.ec2_resources.POLL_SECONDS", 0.05)
        monkeypatch.setattr("machsh_aws.ec2_creation.POLL_SECONDS", 0.05)
        self.cloud = cloud
        self.trials = {}

    def made(self, folder, name):
        trial = TrialMachine(self.cloud, folder, name)
        self.trials[name] = trial
        return trial.created(ANYBODY)

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
