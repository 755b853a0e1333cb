import contextlib
import stat

import pytest

from machsh.certs.authority import AuthorityPaths, ensure_authority, load_authority, renew_authority
from machsh.certs.server_certificate import make_server_pair, server_names
from machsh.certs.signing import alternative_names
from machsh.certs.spec import CertificateSpec
from machsh.certs.validity import load, read
from machsh.errors import MachshError, UsageError
from machsh.files import write_atomically
from machsh.testing.fakes import FakeClock, RecordingProgress

SPEC = CertificateSpec()
DAY = 86_400.0


@pytest.fixture
def paths(tmp_path):
    return AuthorityPaths.in_folder(tmp_path / "store" / "certs")


def ensure(paths, *, spec=SPEC, clock=None):
    progress = RecordingProgress()
    ensure_authority(paths, spec, "tester", progress, now=clock or FakeClock())
    return progress.texts()


def contents(paths):
    return [path.read_bytes() for path in (paths.ca, paths.ca_key, paths.cert, paths.key)]


def belong_together(paths):
    load(paths.cert).verify_directly_issued_by(load(paths.ca))
    load_authority(paths)
    pair = load_authority(AuthorityPaths(paths.cert, paths.key, paths.cert, paths.key))
    return pair.certificate.public_key() == pair.private.public_key()


def test_the_first_call_says_what_it_makes_and_keeps_it_private(paths):
    assert ensure(paths) == [f"Creating CA: {paths.ca}", f"Creating client certificate: {paths.cert}"]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (paths.ca, paths.ca_key, paths.cert, paths.key)]
    assert modes == [0o644, 0o600, 0o644, 0o600]
    assert stat.S_IMODE(paths.ca.parent.stat().st_mode) == 0o700
    assert belong_together(paths)


def test_the_second_call_says_and_changes_nothing(paths):
    ensure(paths)
    before = contents(paths)
    assert ensure(paths) == []
    assert contents(paths) == before


def test_validity_begins_before_now_and_lasts_as_wished(paths):
    clock = FakeClock(1_700_000_042.0)
    ensure(paths, spec=CertificateSpec(days=10), clock=clock)
    validity = read(paths.cert)
    start = (1_700_000_042 // 60) * 60 - 300
    assert validity.not_before.timestamp() == start
    assert validity.not_after.timestamp() == start + 10 * DAY
    assert (validity.organisation, validity.key_kind) == ("tester.<bootstrap>", "ecdsa")
    assert read(paths.ca).organisation == "tester"
    assert not validity.has_expired(clock())
    assert validity.has_expired(clock() + 10 * DAY)
    assert validity.days_left(clock() + DAY) == pytest.approx(9, abs=0.01)


@pytest.mark.parametrize(("days", "lives"), [(10, 3650), (1080, 3650), (5000, 5000)])
def test_an_authority_lives_ten_years_or_as_long_as_what_it_signs(paths, days, lives):
    ensure(paths, spec=CertificateSpec(days=days))
    told = read(paths.ca)
    assert (told.not_after - told.not_before).days == lives


@pytest.mark.parametrize("kind", ["rsa2048", "rsa4096"])
def test_rsa_on_request(paths, kind):
    ensure(paths, spec=CertificateSpec(kind=kind))
    assert [read(path).key_kind for path in (paths.ca, paths.cert)] == [kind, kind]
    assert paths.ca_key.read_text().startswith("-----BEGIN RSA PRIVATE KEY-----")


def test_an_authority_that_expired_is_renewed_and_its_client_with_it(paths):
    clock = FakeClock()
    ensure(paths, spec=CertificateSpec(days=10), clock=clock)
    renew_authority(paths, CertificateSpec(days=5000), "tester", RecordingProgress(), now=clock)
    clock.advance(3651 * DAY)
    assert not read(paths.cert).has_expired(clock())
    assert ensure(paths, clock=clock) == [
        "CA certificate is outdated and needs to be regenerated",
        f"Creating CA: {paths.ca}",
        "Client certificate is outdated and needs to be regenerated",
        f"Creating client certificate: {paths.cert}",
    ]
    assert belong_together(paths)


def test_a_client_that_expired_is_renewed_alone(paths):
    clock = FakeClock()
    ensure(paths, spec=CertificateSpec(days=100), clock=clock)
    renew_authority(paths, CertificateSpec(days=10), "tester", RecordingProgress(), now=clock)
    ca = paths.ca.read_bytes()
    clock.advance(20 * DAY)
    assert ensure(paths, clock=clock) == [
        "Client certificate is outdated and needs to be regenerated",
        f"Creating client certificate: {paths.cert}",
    ]
    assert paths.ca.read_bytes() == ca
    assert belong_together(paths)


def test_files_left_by_a_race_of_others_are_put_right(paths, tmp_path):
    other = AuthorityPaths.in_folder(tmp_path / "other")
    ensure(paths)
    ensure(other)
    paths.cert.write_bytes(other.cert.read_bytes())
    assert ensure(paths)[-1] == f"Creating client certificate: {paths.cert}"
    assert belong_together(paths)
    paths.key.write_bytes(other.key.read_bytes())
    assert ensure(paths)[-1] == f"Creating client certificate: {paths.cert}"
    assert belong_together(paths)


def test_a_client_of_a_foreign_authority_is_the_users_own_affair(paths, tmp_path):
    other = AuthorityPaths.in_folder(tmp_path / "other")
    ensure(paths)
    ensure_authority(other, SPEC, "company", RecordingProgress(), now=FakeClock())
    mixed = AuthorityPaths(paths.ca, paths.ca_key, other.cert, other.key)
    before = contents(mixed)
    assert ensure(mixed) == []
    assert contents(mixed) == before


def test_renewing_makes_a_new_client_and_a_new_authority_only_when_asked(paths):
    ensure(paths)
    before = contents(paths)
    renew_authority(paths, SPEC, "tester", RecordingProgress(), now=FakeClock())
    ca, ca_key, cert, key = contents(paths)
    assert [ca, ca_key] == before[:2]
    assert cert != before[2]
    assert key != before[3]
    renew_authority(paths, SPEC, "tester", RecordingProgress(), with_ca=True, now=FakeClock())
    assert paths.ca.read_bytes() != ca
    assert belong_together(paths)


@pytest.mark.parametrize(
    ("gone", "text"),
    [("ca", "certificate authority key already exists"), ("cert", "client key already exists")],
)
def test_a_key_without_its_certificate_is_never_thrown_away(paths, gone, text):
    ensure(paths)
    getattr(paths, gone).unlink()
    with pytest.raises(MachshError) as caught:
        ensure(paths)
    assert str(caught.value) == text
    assert "is missing" in caught.value.hint


def test_what_is_no_pem_is_told(paths):
    ensure(paths)
    paths.ca.write_text("nonsense")
    with pytest.raises(MachshError, match=r"^Failed to decode PEM data$"):
        ensure(paths)


def test_an_authority_with_another_key_cannot_sign(paths, tmp_path):
    ensure(paths)
    paths.ca_key.write_bytes(paths.key.read_bytes())
    with pytest.raises(MachshError, match=r"^error generating server cert: tls: private key does not match"):
        make_server_pair(paths, SPEC, "tester.m1", ["localhost"])


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachshError, match=r"^creating machine certificate dir failed: "):
        ensure(AuthorityPaths.in_folder(tmp_path / "file" / "certs"))


def test_the_server_stands_for_its_names_in_docker_machines_order(paths):
    ensure(paths)
    names = server_names(["10.1.2.3", "example.com", "::1"], "192.0.2.5")
    assert names == ["10.1.2.3", "example.com", "::1", "192.0.2.5", "localhost"]
    certificate, key = make_server_pair(paths, SPEC, "tester.m1", names)
    (paths.ca.parent / "server.pem").write_bytes(certificate)
    validity = read(paths.ca.parent / "server.pem")
    assert validity.names == ("example.com", "localhost")
    assert validity.addresses == ("10.1.2.3", "::1", "192.0.2.5")
    assert validity.organisation == "tester.m1"
    assert validity.covers("192.0.2.5")
    assert not validity.covers("192.0.2.6")
    assert key.startswith(b"-----BEGIN EC PRIVATE KEY-----")


def test_names_are_not_doubled_nor_empty():
    shown = [str(name.value) for name in alternative_names(["localhost", "", "127.0.0.1:2376", "localhost"])]
    assert shown == ["localhost", "127.0.0.1:2376"]


def test_copies_keep_their_modes(paths, tmp_path):
    ensure(paths)
    folder = tmp_path / "machines" / "m1"
    paths.copy_to(folder)
    assert [stat.S_IMODE((folder / name).stat().st_mode) for name in ("ca.pem", "cert.pem", "key.pem")] == [
        0o644,
        0o644,
        0o600,
    ]
    assert (folder / "key.pem").read_bytes() == paths.key.read_bytes()


def test_a_copy_that_fails_names_the_file(paths, tmp_path):
    ensure(paths)
    paths.cert.unlink()
    with pytest.raises(
        MachshError, match=r"^Copying cert\.pem to machine dir failed: open .*cert\.pem: no such"
    ):
        paths.copy_to(tmp_path / "m1")


@pytest.mark.parametrize("wrong", [{"kind": "dsa"}, {"days": 0}, {"days": -1}, {"days": 40_000}])
def test_a_senseless_wish_is_a_usage_error(wrong):
    with pytest.raises(UsageError):
        CertificateSpec(**wrong)


def ours(paths, **given):
    """As `ensure`, for files that may be replaced."""
    progress = RecordingProgress()
    ensure_authority(
        paths, SPEC, "tester", progress, now=FakeClock(), may_replace=lambda files: True, **given
    )
    return progress.texts()


def spoil(path, how):
    if how == "gone":
        path.unlink()
    elif how == "foreign":
        path.write_bytes((path.parent / "key.pem").read_bytes())
    else:
        path.write_bytes({"empty": b"", "garbage": b"nonsense", "cut": path.read_bytes()[:90]}[how])


@pytest.mark.parametrize("how", ["gone", "empty", "garbage", "cut"])
@pytest.mark.parametrize("name", ["ca", "ca_key", "cert", "key"])
@pytest.mark.parametrize("has_client", [True, False])
def test_damaged_files_of_ours_are_made_anew_and_what_is_left_of_them_is_kept(paths, name, how, has_client):
    ensure(paths)
    if not has_client and name.startswith("ca"):
        paths.cert.unlink()
        paths.key.unlink()
    spoil(getattr(paths, name), how)
    before = {path.read_bytes() for path in paths.ca.parent.glob("*.pem")}
    said = ours(paths)
    if (name, how, has_client) == ("ca_key", "gone", True):
        assert said == []  # enough to talk to engines: somebody keeps the key elsewhere
        return
    if name == "key" and how != "gone":
        return  # a key that we cannot read may be the user's own affair
    assert belong_together(paths)
    after = {path.read_bytes() for path in paths.ca.parent.glob("*.pem*")}
    keys = {content for content in before if b"PRIVATE KEY" in content}
    assert keys <= after
    assert ours(paths) == []


def test_an_authority_of_two_halves_is_made_anew(paths):
    ensure(paths)
    spoil(paths.ca_key, "foreign")
    assert f"Creating CA: {paths.ca}" in ours(paths)
    assert belong_together(paths)


@pytest.mark.parametrize("count", range(12))
@pytest.mark.parametrize("action", ["first", "renew"])
def test_a_process_killed_at_any_write_leaves_nothing_that_blocks_the_next(paths, monkeypatch, count, action):
    """Killed before its n-th write, at each of them: the next call has whole pairs again."""
    if action == "renew":
        ensure(paths)
    written = []

    class Killed(BaseException):
        pass

    def write(*arguments):
        if len(written) == count:
            raise Killed
        written.append(arguments[0])
        write_atomically(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr("machsh.certs.pair_files.write_atomically", write)
        with contextlib.suppress(Killed):
            if action == "first":
                ensure(paths)
            else:
                renew_authority(paths, SPEC, "tester", RecordingProgress(), with_ca=True, now=FakeClock())
    ensure(paths)
    assert belong_together(paths)
    assert sorted(path.name for path in paths.ca.parent.glob("*.pem*")) == sorted(
        ["ca.pem", "ca-key.pem", "cert.pem", "key.pem"]
    )
    assert not list(paths.ca.parent.glob(".*.pending"))


@pytest.mark.parametrize("count", range(7))
@pytest.mark.parametrize("action", ["first", "renew"])
def test_a_disk_that_fills_up_at_any_write_blocks_nothing_once_there_is_space(
    paths, monkeypatch, count, action
):
    if action == "renew":
        ensure(paths)
    written = []

    def write(*arguments):
        if len(written) >= count:
            raise MachshError("no space left on device")
        written.append(arguments[0])
        write_atomically(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr("machsh.certs.pair_files.write_atomically", write)
        with contextlib.suppress(MachshError):
            if action == "first":
                ensure(paths)
            else:
                renew_authority(paths, SPEC, "tester", RecordingProgress(), with_ca=True, now=FakeClock())
    ensure(paths)
    assert belong_together(paths)


def test_a_lone_key_is_kept_when_a_new_authority_is_asked_for(paths):
    ensure(paths)
    key = paths.ca_key.read_bytes()
    paths.ca.unlink()
    renew_authority(paths, SPEC, "tester", RecordingProgress(), with_ca=True, now=FakeClock())
    assert paths.ca_key.with_name("ca-key.pem.bak").read_bytes() == key
    assert belong_together(paths)


def test_a_client_key_stays_where_no_new_client_can_be_made(paths):
    ensure(paths)
    paths.ca_key.unlink()
    paths.cert.unlink()
    with pytest.raises(
        MachshError, match=r"^failure generating client certificate: open .*ca-key\.pem"
    ) as caught:
        ensure_authority(
            paths,
            SPEC,
            "tester",
            RecordingProgress(),
            now=FakeClock(),
            may_replace=lambda files: files == paths.client,
        )
    assert f"restore it from a backup, or move {paths.ca} away" in caught.value.hint
    assert paths.key.exists()
