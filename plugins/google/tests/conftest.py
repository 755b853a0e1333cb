import pytest

from plugins.google.tests.fake_google import FakeGoogle


@pytest.fixture(autouse=True, scope="session")
def _impatient():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("machsh_google.gce_api.PAUSE", 0.01)
        yield


@pytest.fixture
def cloud():
    with FakeGoogle() as fake:
        yield fake
