import logging
import os

import pytest

from plugins.aws.tests.ec2_stand_in import stand_in
from plugins.aws.tests.trial_machine import TrialMachine

os.environ["AWS_EC2_METADATA_DISABLED"] = "true"  # this computer's own role is never used
logging.getLogger("werkzeug").setLevel(logging.ERROR)


@pytest.fixture(scope="session")
def server():
    with stand_in() as cloud:
        yield cloud


@pytest.fixture
def cloud(server):
    server.reset()
    return server


@pytest.fixture
def trial(cloud, tmp_path):
    return TrialMachine(cloud, tmp_path)
