import pytest

from tests.support.program_house import House
from tests.support.waiting import wait_until


@pytest.fixture
def house(tmp_path):
    found = House(tmp_path)
    yield found
    for made in found.drivers:
        made.close()
    wait_until(lambda: not found.processes())
