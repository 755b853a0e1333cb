"""What `certs`, `ls` and the toolbar say about the certificates of a store."""

from datetime import UTC, datetime

import pytest

from machsh.certs import validity
from machsh.certs.authority_paths import AuthorityPaths
from machsh.engine.shown_certificate import ShownCertificate
from machsh.errors import MachshError
from machsh.machine.certificates import copy_client_files, server_pair
from machsh.machine.renewal import certificate_inquiry
from machsh.machine.renewal.certificate_inquiry import ask_engines
from machsh.machine.renewal.certificate_list import CertificateList
from machsh.machine.renewal.expiry_warning import days_left, expiry_warning, time_left

DAY = 86_400.0


@pytest.fixture
def machine(machines, create_request):
    machines.create(create_request(tls_san=["web.example"]))
    made = machines.get("web")
    copy_client_files(made)
    server_pair(made)
    return made


def paths_of(machine):
    return AuthorityPaths.in_folder(machine.context.store.certs_folder)


def entries(machine, days=0.0):
    now = machine.context.environment.now() + days * DAY
    return CertificateList(now, paths_of(machine)).entries([machine])


def faults(machine, kind, days=0.0):
    return next(one.faults for one in entries(machine, days) if one.kind == kind)


def test_every_certificate_is_listed_and_fits(machine):
    listed = entries(machine)
    assert [(one.kind, one.machine) for one in listed] == [
        ("authority", ""),
        ("client", ""),
        ("server", "web"),
        ("copies", "web"),
    ]
    assert [one.faults for one in listed] == [()] * 4
    assert listed[2].validity.names == ("web.example", "localhost")


def test_a_machine_with_another_address_is_told_apart_from_an_end(machine):
    machine.driver.record.ip_address = "192.0.2.8"
    assert faults(machine, "server") == ("is not valid for 192.0.2.8",)
    machine.driver.record.ip_address = "192.0.2.7"
    assert faults(machine, "server", 1081) == ("has expired",)


def test_a_new_name_is_missed(machine):
    machine.record.auth.server_cert_sans.append("new.example")
    assert faults(machine, "server") == ("is not valid for new.example",)


def test_a_clock_that_is_a_year_behind_is_told(machine):
    assert "is not valid yet" in faults(machine, "server", -365)[0]


def test_another_authority_and_another_key_are_told(machine, tmp_path):
    from machsh.certs.authority import ensure_authority
    from machsh.certs.spec import CertificateSpec
    from machsh.testing.fakes import RecordingProgress

    other = AuthorityPaths.in_folder(tmp_path / "other")
    ensure_authority(other, CertificateSpec(), "other", RecordingProgress())
    (machine.folder / "server.pem").write_bytes(other.cert.read_bytes())
    assert "does not fit its key" in faults(machine, "server")
    assert "is of another authority" in faults(machine, "server")


def test_a_copy_that_went_stale_is_told_with_the_remedy(machine):
    (machine.folder / "key.pem").write_text("old")
    (entry,) = [one for one in entries(machine) if one.kind == "copies"]
    assert entry.faults == (f"key.pem differs from {paths_of(machine).key}",)
    assert entry.remedy == "machsh certs renew web"


@pytest.mark.parametrize("content", ["", "garbage", "-----BEGIN CERTIFICATE-----\nxx\n"])
def test_a_damaged_file_is_one_row(machine, content):
    (machine.folder / "server.pem").write_text(content)
    entry = next(one for one in entries(machine) if one.kind == "server")
    assert entry.validity is None
    assert len(entry.faults) == 1
    assert expiry_warning(machine, machine.context.environment.now()) == ""


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (0, ""),
        (1049, ""),
        (1050.5, "certificate of web expires in 29 days: machsh certs renew web"),
        (1079.5, "certificate of web expires in less than a day: machsh certs renew web"),
        (1082, "certificate of web expired 2 days ago: machsh certs renew web"),
    ],
)
def test_the_warning_comes_thirty_days_before_the_end(machine, days, says):
    end = validity.read(machine.folder / "server.pem").not_after.timestamp()
    paths_of(machine).cert.unlink()
    assert expiry_warning(machine, end + (days - 1080) * DAY) == says


def test_the_first_to_end_is_warned_of(machine, tmp_path):
    from machsh.certs import signing
    from machsh.certs.authority import load_authority
    from machsh.certs.spec import CertificateSpec

    now = machine.context.environment.now()
    pair = signing.client("tester", CertificateSpec(days=5), load_authority(paths_of(machine)), now)
    paths_of(machine).client.replace(pair)
    assert expiry_warning(machine, now) == "client certificate expires in 4 days: machsh certs renew --client"


def test_a_machine_without_a_server_certificate_is_not_warned_of(machines, create_request):
    machines.create(create_request())
    assert expiry_warning(machines.get("web"), datetime(2090, 1, 1, tzinfo=UTC).timestamp()) == ""


def test_time_left_is_in_words():
    assert time_left(DAY * 1.5) == "expires in 1 day"
    assert time_left(-60) == "expired less than a day ago"


def asked(machine, monkeypatch, shown):
    def look(address, paths, seconds):
        if isinstance(shown, Exception):
            raise shown
        return shown

    monkeypatch.setattr("machsh.engine.shown_certificate.look", look)
    monkeypatch.setattr(certificate_inquiry, "run_all", lambda tasks, seconds: [_outcome(tasks[0])])
    return ask_engines([machine], 1.0, machine.context.environment.now())["web"].text


def _outcome(task):
    from machsh.machine.parallel import TaskResult

    try:
        return TaskResult(value=task())
    except MachshError as error:
        return TaskResult(error=error)


def der(path):
    from cryptography.hazmat.primitives.serialization import Encoding

    return validity.load(path).public_bytes(Encoding.DER)


def test_an_engine_that_shows_what_is_kept_is_good(machine, monkeypatch):
    machine.record.driver_name = "fake"
    monkeypatch.setattr(type(machine.driver), "known_url", lambda self: "tcp://192.0.2.7:2376")
    now = machine.context.environment.now()
    content = der(machine.folder / "server.pem")
    assert asked(machine, monkeypatch, ShownCertificate(content, now + 60)) == "shows it"
    assert asked(machine, monkeypatch, ShownCertificate(content, now - 3600)).startswith(
        "its clock is About an hour behind"
    )
    assert "ahead" in asked(machine, monkeypatch, ShownCertificate(content, now + 365 * DAY))
    server_pair(machine, renew=True)
    assert asked(machine, monkeypatch, ShownCertificate(content)) == (
        "shows another certificate than the one kept here"
    )


def test_an_engine_that_refuses_shows_garbage_or_says_nothing_is_told(machine, monkeypatch):
    monkeypatch.setattr(type(machine.driver), "known_url", lambda self: "tcp://192.0.2.7:2376")
    content = der(machine.folder / "server.pem")
    refused = ShownCertificate(content, refusal="remote error: tls: expired certificate")
    text = asked(machine, monkeypatch, refused)
    assert text.startswith("refuses the client: remote error: tls: expired certificate")
    assert "machsh ssh web date" in text
    assert asked(machine, monkeypatch, ShownCertificate(b"garbage")).startswith("no answer: x509: malformed")
    assert asked(machine, monkeypatch, MachshError("i/o timeout")) == "no answer: i/o timeout"


def test_the_days_left_are_those_of_the_certificate_that_ends_first(machine, machines, create_request):
    end = validity.read(paths_of(machine).cert).not_after.timestamp()
    assert days_left(machine, end - 10 * DAY - 60) == 10
    assert days_left(machine, end + 60) == -1


def test_a_machine_without_a_server_certificate_has_no_days_left(machine):
    machine.record.auth.server_cert_path = ""
    assert days_left(machine, 0.0) is None
