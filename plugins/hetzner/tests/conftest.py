import pytest

from plugins.hetzner.tests.fake_hetzner import FakeHetzner


@pytest.fixture(autouse=True, scope="session")
def _impatient():
    """Ask the stand-in without the pauses that the provider's limits need."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("machsh_hetzner.hetzner_resources.PAUSE", 0.01)
        yield


@pytest.fixture
def cloud():
    with FakeHetzner() as fake:
        yield fake
