"""Machines that exist, as a file says them: `apply` of that file finds nothing to do."""

import pytest

from machsh.errors import MachshError
from machsh.manifest.described import describe
from tests.support.manifests import applied, create_options, loaded, planned


def described(machines, *names):
    return describe(machines, names or machines.names(), create_options(machines.environment))


def test_the_file_finds_nothing_to_do(machines, engine, create_request, tmp_path):
    labels = ["a=$1", 'b="quoted"']
    machines.create(create_request("big", "virtual", fake_size="7", engine_label=labels))
    machines.create(create_request("small", "bare", tls_san=["x.example.org"]))
    text = described(machines)
    assert 'fake-size = "7"' in text
    assert 'tls-san = ["x.example.org"]' in text
    manifest = loaded(tmp_path, text)
    assert manifest.machines["big"].options["engine-label"] == labels
    assert planned(machines, manifest).is_empty
    applied(machines, manifest)
    assert described(machines).count('name = "shop"') == 1
    assert planned(machines, loaded(tmp_path, described(machines), file="other.toml")).is_empty


def test_what_may_be_secret_is_left_out(machines, engine, create_request, tmp_path):
    variables = ["HTTP_PROXY=http://me:hush@proxy.example.org", "KEY=hush"]
    machines.create(create_request("web", "virtual", engine_env=variables))
    text = described(machines)
    assert "hush" not in text
    assert "# engine-env is left out" in text
    assert planned(machines, loaded(tmp_path, text)).is_empty


def test_a_proxy_without_password_is_no_secret(machines, engine, create_request):
    machines.create(create_request("web", "virtual", engine_env=["HTTP_PROXY=http://proxy.example.org"]))
    assert 'engine-env = ["HTTP_PROXY=http://proxy.example.org"]' in described(machines)


def test_a_creation_that_is_not_finished_is_refused(machines, create_request):
    machines.create(create_request("web"))
    with machines.store.change("web") as record:
        record.machsh.phase = "engine"
    with pytest.raises(MachshError, match="not finished"):
        described(machines)
