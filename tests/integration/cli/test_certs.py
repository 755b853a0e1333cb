"""`certs` as it is typed, with machines whose engines are fakes behind real TLS."""

import json
import time

import pytest

from machsh.certs import signing
from machsh.certs.authority import ensure_authority, load_authority
from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.spec import CertificateSpec
from machsh.engine.running_containers import stopped_by_restart
from machsh.errors import MachshError
from machsh.testing.fake_engine import FakeEngine
from machsh.testing.fakes import RecordingProgress


def paths_of(house):
    return AuthorityPaths.in_folder(house.store / "certs")


def certify(house, name, *, days=1080, authority=None):
    """Give a machine a server certificate, as if machsh had set it up."""
    issuer = load_authority(authority or paths_of(house))
    pair = signing.server("tester.web", CertificateSpec(days=days), issuer, ["127.0.0.1"], time.time(), False)
    folder = house.store / "machines" / name
    (folder / "server.pem").write_bytes(pair.certificate_pem)
    (folder / "server-key.pem").write_bytes(pair.private_pem)


def machsh(house, *words, **more):
    return house.run(*words, program="machsh", **more)


def test_the_list_has_a_row_for_each_certificate(house):
    house.create("web")
    certify(house, "web")
    done = machsh(house, "certs")
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[0] == ["CERTIFICATE", "OF", "EXPIRES", "NAMES", "FITS"]
    assert [row[0] for row in rows[1:]] == ["authority", "client", "server"]
    assert "in 3649 days" in done.out
    assert rows[3][:2] == ["server", "web"]
    assert rows[3][-1] == "yes"
    assert machsh(house, "certs", "list").out == done.out
    assert machsh(house, "-c", "machine certs").out == done.out


def test_one_machine_alone_and_for_programs(house):
    for name in ("web", "db"):
        house.create(name)
        certify(house, name)
    told = json.loads(machsh(house, "certs", "--json", "web").out)
    assert [(one["kind"], one["machine"], one["fits"], one["names"]) for one in told] == [
        ("server", "web", True, ["127.0.0.1"])
    ]
    assert 1079 < told[0]["days_left"] <= 1080


def test_an_empty_store_has_an_empty_list(house):
    assert machsh(house, "certs").out.split() == ["CERTIFICATE", "OF", "EXPIRES", "NAMES", "FITS"]
    done = machsh(house, "certs", "renew", "--ca", "-y")
    assert (done.code, "There is no authority yet" in done.err) == (1, True)


def test_what_an_engine_shows_is_asked(house):
    house.engine("web")
    certify(house, "web")
    (entry,) = json.loads(machsh(house, "certs", "--ask", "--json", "web").out)
    assert entry["engine"] == ["shows another certificate than the one kept here"]
    for end in ("", "-key"):
        content = (house.store / "certs" / f"engine{end}.pem").read_bytes()
        (house.store / "machines" / "web" / f"server{end}.pem").write_bytes(content)
    assert "shows it" in machsh(house, "certs", "--ask", "web").out


def test_an_engine_of_another_authority_and_one_that_is_down_are_told(house, tmp_path):
    other = AuthorityPaths.in_folder(tmp_path / "other")
    ensure_authority(other, CertificateSpec(), "other", RecordingProgress())
    engine = FakeEngine()
    house.engines.append(engine)
    house.create("web", f"tcp://{engine.address}")
    house.create("down")
    engine.start(tmp_path / "other")
    for name in ("web", "down"):
        certify(house, name)
    told = {
        one["machine"]: one
        for one in json.loads(machsh(house, "certs", "--ask", "--json", "web", "down").out)
    }
    assert told["web"]["engine"][0] == "shows a certificate of another authority"
    assert any("refuses the client" in fault for fault in told["web"]["engine"])
    assert "connection refused" in told["down"]["engine"][0]


def test_ls_warns_thirty_days_before_and_docker_machine_does_not(house):
    house.create("web", "tcp://127.0.0.1:1")
    house.engine("db")
    certify(house, "db", days=12)
    warning = "certificate of db expires in 11 days: machsh certs renew db"
    assert warning in machsh(house, "ls").out
    assert "expires" not in house.run("ls").out
    certify(house, "db", days=40)
    assert "expires" not in machsh(house, "ls").out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--ca"], "--ca is an option of certs renew"),
        (["renew", "--ask"], "--ask is an option of certs list"),
        (["renew", "--ca", "web"], "A new authority concerns all machines"),
        (["renew", "--all", "web"], "exclude each other"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(house, words, says):
    house.create("web")
    done = machsh(house, "certs", *words)
    assert (done.code, says in done.err) == (2, True), done.err


@pytest.mark.parametrize(
    "words", [["certs", "none"], ["certs", "renew", "none"], ["certs", "renew", "local"]]
)
def test_a_name_that_is_no_machine_is_told(house, words):
    assert machsh(house, *words).code == 1


def test_nothing_to_renew_is_said(house):
    house.create("web")
    certify(house, "web")
    done = machsh(house, "certs", "renew")
    assert (done.code, "No certificate needs to be renewed" in done.out + done.err) == (0, True)


def test_the_client_is_renewed_with_its_copies_and_nothing_restarts(house):
    house.create("web")
    paths_of(house).copy_to(house.store / "machines" / "web")
    before = paths_of(house).cert.read_bytes()
    done = machsh(house, "certs", "renew", "--client", "-y")
    assert done.code == 0, done.err
    after = paths_of(house).cert.read_bytes()
    assert after != before
    assert (house.store / "machines" / "web" / "cert.pem").read_bytes() == after


def test_a_no_and_nobody_to_ask_change_nothing(house):
    house.create("web")
    before = paths_of(house).cert.read_bytes()
    done = machsh(house, "certs", "renew", "--client", stdin="n\n", terminal=True)
    assert (done.code, "nothing was changed" in done.err) == (3, True)
    assert machsh(house, "certs", "renew", "--client").code != 0
    dry = machsh(house, "certs", "renew", "--ca", "--dry-run")
    assert "web: left as it is" in dry.out
    assert paths_of(house).cert.read_bytes() == before
    assert not paths_of(house).former_ca.exists()


def test_a_machine_that_machsh_does_not_set_up_is_refused_by_name(house):
    house.create("web")
    done = machsh(house, "certs", "renew", "web", "-y")
    assert (done.code, "left as it is" in done.err) == (1, True)
    assert "machsh start" not in done.err


def test_an_authority_of_foreign_machines_alone_is_renewed_at_once(house):
    house.create("web")
    before = paths_of(house).ca.read_bytes()
    done = machsh(house, "certs", "renew", "--ca", "-y")
    assert done.code == 0, done.err
    assert paths_of(house).ca.read_bytes() != before
    assert not paths_of(house).former_ca.exists()


def dialer(engine):
    from functools import partial

    from machsh.engine.dial import dial_tcp

    return partial(dial_tcp, ("127.0.0.1", engine.port))


def test_running_containers_stop_unless_the_engine_keeps_them():
    with FakeEngine() as engine:
        for name in ("web", "db"):
            engine.containers[name] = {"Id": name, "State": {"Status": "running"}}
        assert stopped_by_restart(dialer(engine), 5.0) == ("db", "web")
        engine.info["LiveRestoreEnabled"] = True
        assert stopped_by_restart(dialer(engine), 5.0) == ()


@pytest.mark.parametrize("path", ["GET /info", "GET /containers"])
def test_an_engine_that_does_not_tell_is_no_promise(path):
    with FakeEngine() as engine:
        engine.refuses[path] = "no"
        with pytest.raises(MachshError, match="does not tell"):
            stopped_by_restart(dialer(engine), 5.0)
