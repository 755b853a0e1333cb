import pytest
from machsh_openstack import openstack_api

from plugins.openstack.tests.fake_openstack import FakeOpenStack


@pytest.fixture(autouse=True)
def _new_process(monkeypatch):
    """No waiting, and no login of another test."""
    monkeypatch.setattr(openstack_api, "PAUSE", 0.01)
    monkeypatch.setattr(openstack_api, "_logins", {})


@pytest.fixture
def cloud():
    with FakeOpenStack() as fake:
        yield fake
