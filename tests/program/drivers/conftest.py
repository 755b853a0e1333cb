import pytest

from tests.support.program_house import houses


@pytest.fixture
def house(tmp_path):
    yield from houses(tmp_path)
