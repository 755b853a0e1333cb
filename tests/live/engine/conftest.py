"""The local engine behind TLS, with its own throwaway certificates."""

import pytest

from tests.live.engine.tls_engine import TlsEngine, make_authority, make_pair


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certs")
    make_authority(folder)
    make_pair(folder, "server", san="IP:127.0.0.1,DNS:localhost")
    make_pair(folder, "cert")
    return folder


@pytest.fixture
def engine(certificates):
    with TlsEngine(certificates) as running:
        yield running
