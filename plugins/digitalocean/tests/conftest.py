import pytest

from plugins.digitalocean.tests.fake_digitalocean import FakeDigitalOcean


@pytest.fixture
def cloud():
    with FakeDigitalOcean() as fake:
        yield fake


@pytest.fixture(autouse=True, scope="session")
def _impatient():
    """Ask the stand-in without the pauses that the provider's limits need."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("machsh_digitalocean.do_creation.POLL_SECONDS", 0.01)
        patch.setattr("machsh_digitalocean.do_resources.PAUSE", 0.01)
        yield
