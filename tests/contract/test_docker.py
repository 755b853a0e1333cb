import pytest

from machsh.drivers.docker.driver import DockerDriver
from machsh.testing.driver_contract import DriverContract

pytestmark = pytest.mark.live


class TestDocker(DriverContract):
    driver_type = DockerDriver
    machine = "contract-docker"
    values = {"docker-memory": "512m", "docker-cpus": "1.5"}


class TestDockerWithReducedRights(DriverContract):
    driver_type = DockerDriver
    machine = "contract-reduced"
    values = {"docker-privileges": "reduced"}
