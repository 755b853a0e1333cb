import pytest

from plugins.azure.tests.azure_trials import variables
from plugins.azure.tests.fake_azure import FakeAzure


@pytest.fixture(autouse=True, scope="session")
def _impatient():
    """Waits that ask again without a pause, because the stand-in is ready at the second look."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("machsh_azure.azure_api.POLL_SECONDS", 0.01)
        yield


@pytest.fixture
def cloud(monkeypatch):
    with FakeAzure() as fake:
        for name, value in variables(fake).items():
            monkeypatch.setenv(name, value)  # Microsoft's library looks at the process's own
        yield fake
