"""The commands `backup`, `restore` and `share`, between two homes."""

import io
import json
import os
import shutil
import stat
import tarfile
import zipfile

import pyrage
import pytest

from machsh.certs.authority import renew_authority
from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.spec import CertificateSpec
from machsh.engine.endpoint import Endpoint
from machsh.engine.tls_check import check
from machsh.errors import MachshError
from machsh.machine.archive import machine_files
from machsh.machine.records.store import Store
from machsh.progress import NullProgress
from tests.integration.cli.conftest import House


@pytest.fixture
def other(tmp_path):
    """Another person's home."""
    home = tmp_path / "other"
    home.mkdir()
    return House(home)


@pytest.fixture
def pair(house):
    """A home with two machines; `web` has an ssh key, a host key and a disk."""
    house.create("db", "tcp://192.0.2.8:2376")
    house.create("web", "tcp://192.0.2.7:2376")
    store = Store(house.store)
    folder = store.machine_folder("web")
    for name, content in (("id_rsa", "ssh key"), ("known_hosts", "host key"), ("console.log", "log")):
        (folder / name).write_text(content)
    (folder / "disk.qcow2").write_bytes(bytes(machine_files.LARGEST + 1))
    with store.change("web") as record:
        record.driver = {**record.driver, "SSHKeyPath": str(folder / "id_rsa")}
    return house


def machsh(house, *words, **more):
    return house.run(*words, program="machsh", **more)


def good(house, *words, **more):
    done = machsh(house, *words, **more)
    assert done.code == 0, done.err
    return done


def backed_up(house, *words, name="x.tar"):
    path = house.home / name
    good(house, "backup", *words, "-o", str(path), "--no-encryption")
    return path


def record(house, name):
    return json.loads((house.store / "machines" / name / "config.json").read_text())


def files(house, name):
    return {
        path.name for path in (house.store / "machines" / name).iterdir() if not path.name.startswith(".")
    }


def leftovers(house):
    return [path for path in (house.store / "machines").glob(".*") if path.is_dir()]


KEYS = {"ca.pem", "cert.pem", "key.pem"}


def test_machines_work_elsewhere_at_once(pair, other):
    done = good(other, "restore", str(backed_up(pair, "--all")))
    assert 'Restored "db".' in done.out
    assert files(other, "web") == {"config.json", "id_rsa", "known_hosts"} | KEYS
    folder = other.store / "machines" / "web"
    web = record(other, "web")
    assert web["Driver"]["SSHKeyPath"] == str(folder / "id_rsa")
    assert web["HostOptions"]["AuthOptions"]["CaCertPath"] == str(folder / "ca.pem")
    assert (folder / "ca.pem").read_bytes() == (pair.store / "certs" / "ca.pem").read_bytes()
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.is_file()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert str(pair.home / ".docker") not in (folder / "config.json").read_text()
    assert leftovers(other) == []


def test_the_authoritys_key_is_taken_only_when_asked_for(pair, other):
    plain, whole = backed_up(pair, "--all"), backed_up(pair, "--all", "--with-authority", name="y.tar")
    key = (pair.store / "certs" / "ca-key.pem").read_bytes()
    assert key not in plain.read_bytes()
    assert key in whole.read_bytes()


def test_an_empty_store_takes_the_authority_over(pair, other):
    good(other, "restore", str(backed_up(pair, "--all", "--with-authority")))
    for name in ("ca.pem", "ca-key.pem", "cert.pem", "key.pem"):
        assert (other.store / "certs" / name).read_bytes() == (pair.store / "certs" / name).read_bytes()
    auth = record(other, "web")["HostOptions"]["AuthOptions"]
    assert auth["CaPrivateKeyPath"] == str(other.store / "certs" / "ca-key.pem")
    assert "ca-key.pem" not in files(other, "web")


def test_a_store_with_an_authority_keeps_it(pair, other):
    other.create("mine")
    before = (other.store / "certs" / "ca.pem").read_bytes()
    done = good(other, "restore", str(backed_up(pair, "web", "--with-authority")))
    assert (other.store / "certs" / "ca.pem").read_bytes() == before
    assert "another authority than this store's, whose key came with them: web" in done.out
    assert (other.store / "machines" / "web" / "ca-key.pem").exists()


def test_regenerating_says_where_the_authority_is(pair, other):
    other.create("mine")
    good(other, "restore", str(backed_up(pair, "web")))
    from machsh.machine.certificates import check_can_sign

    with pytest.raises(MachshError) as caught:
        check_can_sign(Store(other.store).load("web"))
    assert "--with-authority" in caught.value.hint


def test_in_the_same_store_the_machine_uses_its_authority(pair):
    path = backed_up(pair, "web")
    good(pair, "restore", str(path), "--rename", "web=old")
    auth = record(pair, "old")["HostOptions"]["AuthOptions"]
    assert auth["CaCertPath"] == str(pair.store / "certs" / "ca.pem")
    assert record(pair, "old")["Driver"]["MachineName"] == "old"


def test_names_that_exist_are_asked_for(pair):
    path = str(backed_up(pair, "--all"))
    done = machsh(pair, "restore", path)
    assert done.code == 3
    assert "--rename db=db-2, or --skip-existing" in done.err
    done = good(pair, "restore", path, stdin="y\nn\n")
    assert 'Restored "db-2", which was "db".' in done.out
    assert '"web" exists already: it is left as it is' in done.out
    assert "rm of either name destroys it for both" in done.out + done.err
    good(pair, "restore", path, "--skip-existing")
    assert sorted(Store(pair.store).names()) == ["db", "db-2", "web"]
    assert leftovers(pair) == []


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--rename", "db=web"], 'Docker machine "web" already exists'),
        (["--rename", "db=x", "--rename", "web=x"], 'Docker machine "x" already exists'),
        (["--rename", "none=x"], '"none" is not among the machines'),
        (["--rename", "db"], "that is not OLD=NEW"),
        (["--rename", "db=local", "--skip-existing"], "'local' cannot be a machine's name here"),
        (["--rename", "db=../evil", "--skip-existing"], "cannot be a machine's name here"),
        (["dbb"], 'has no machine "dbb"'),
    ],
)
def test_what_cannot_be_restored_leaves_nothing(pair, words, text):
    done = machsh(pair, "restore", str(backed_up(pair, "--all")), *words)
    assert done.code in (1, 2, 3)
    assert text in done.err
    assert sorted(Store(pair.store).names()) == ["db", "web"]
    assert leftovers(pair) == []


def test_the_list_writes_nothing(pair, other):
    path = str(backed_up(pair, "--all"))
    rows = json.loads(good(other, "restore", path, "--json").out)
    assert rows == [
        {"name": "db", "driver": "none", "address": "192.0.2.8:2376"},
        {"name": "web", "driver": "none", "address": "192.0.2.7:2376"},
    ]
    assert Store(other.store).names() == []


def test_encryption_by_passphrase(pair, other):
    path, secret = pair.home / "x.age", pair.home / "secret"
    secret.write_text("correct horse\n")
    good(pair, "backup", "web", "-o", str(path), "--passphrase-file", str(secret))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"ssh key" not in path.read_bytes()
    plain = pyrage.passphrase.decrypt(path.read_bytes(), "correct horse")
    assert "machines/web/id_rsa" in tarfile.open(fileobj=io.BytesIO(plain)).getnames()
    (pair.home / "wrong").write_text("wrong")
    done = machsh(other, "restore", str(path), "--passphrase-file", str(pair.home / "wrong"))
    assert (done.code, done.err.splitlines()[0]) == (1, "The passphrase is wrong")
    assert Store(other.store).names() == []
    good(other, "restore", str(path), "--passphrase-command", f"cat '{secret}'")
    assert Store(other.store).names() == ["web"]


def test_the_passphrase_is_asked_for_twice(pair, monkeypatch):
    answers = iter(["one", "two", "one", "one", "one"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    path = str(pair.home / "x.age")
    done = machsh(pair, "backup", "web", "-o", path, terminal=True)
    assert "two different passphrases" in done.err
    assert not os.path.exists(path)
    good(pair, "backup", "web", "-o", path, terminal=True)
    good(pair, "restore", path, "--list", terminal=True)


def test_nobody_to_ask_is_told_what_to_do(pair):
    done = machsh(pair, "backup", "web", "-o", str(pair.home / "x.age"))
    assert done.code == 2
    assert "--passphrase-file" in done.err
    assert list(pair.home.glob("*.age")) == []


def test_recipients(pair, other):
    person = pyrage.x25519.Identity.generate()
    identity = other.home / "key.txt"
    identity.write_text(f"# created: today\n{person}\n")
    path = str(pair.home / "x.age")
    good(pair, "backup", "web", "-o", path, "--recipient", str(person.to_public()))
    done = machsh(other, "restore", path)
    assert "--identity FILE" in done.err
    good(other, "restore", path, "--identity", str(identity))
    assert Store(other.store).names() == ["web"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--no-encryption", "--passphrase-file", "x"], "exclude each other"),
        (["--recipient", "ann"], "is no age recipient"),
        (["--passphrase-file", "/nonexistent/x"], "no such file"),
        (["--passphrase-command", "'"], "a quote is not closed"),
        (["--passphrase-command", "false"], "failed with code 1"),
        (["--passphrase-command", "true"], "its first line is empty"),
        (["-o", "nowhere/x.age"], "no such file"),
        (["--all"], "exclude each other"),
    ],
)
def test_wrong_options_write_nothing(pair, words, text):
    words = [str(pair.home / word) if word == "nowhere/x.age" else word for word in words]
    words = words if "-o" in words else [*words, "-o", str(pair.home / "x.age")]
    more = (
        []
        if {"--no-encryption", "--recipient", "--all"} & set(words) or "pass" in words[0]
        else ["--no-encryption"]
    )
    done = machsh(pair, "backup", "web", *words, *more)
    assert done.code in (1, 2, 3)
    assert text in done.err
    assert list(pair.home.glob("*.age")) == []
    assert list(pair.home.glob(".x.age*")) == []


def test_a_file_is_not_replaced_by_chance(pair):
    path = backed_up(pair, "web")
    done = machsh(pair, "backup", "db", "-o", str(path), "--no-encryption")
    assert done.code == 3
    assert "--force" in done.err
    good(pair, "backup", "db", "-o", str(path), "--no-encryption", "--force")
    assert "machines/db/config.json" in tarfile.open(path).getnames()


def test_an_ssh_key_that_lies_elsewhere_comes_along(pair, other):
    key = pair.home / "keys" / "id_ed25519"
    key.parent.mkdir()
    key.write_text("far key")
    with Store(pair.store).change("web") as changed:
        changed.driver = {**changed.driver, "SSHKeyPath": str(key)}
    good(other, "restore", str(backed_up(pair, "web")))
    copy = other.store / "machines" / "web" / "ssh_key"
    assert record(other, "web")["Driver"]["SSHKeyPath"] == str(copy)
    assert copy.read_text() == "far key"


def test_a_store_that_was_moved_is_backed_up_whole(pair, other, tmp_path):
    shutil.move(pair.store, pair.home / "moved")
    variables = {"MACHINE_STORAGE_PATH": str(pair.home / "moved")}
    path = str(pair.home / "x.tar")
    good(pair, "backup", "web", "-o", path, "--no-encryption", variables=variables)
    good(other, "restore", path)
    assert files(other, "web") >= KEYS | {"id_rsa"}


# What other programs leave


def test_a_plain_folder_of_docker_machine(pair, other):
    good(other, "restore", str(pair.store))
    assert files(other, "web") == {"config.json", "id_rsa", "known_hosts"} | KEYS
    assert (other.store / "certs" / "ca-key.pem").exists()
    assert Store(other.store).names() == ["db", "web"]


@pytest.mark.parametrize("key", ["Endpoint", "AuthUrl"])
def test_a_record_that_leads_tokens_elsewhere_is_told(pair, other, key):
    with Store(pair.store).change("web") as record:
        record.driver = {**record.driver, key: "https://cloud.example/v1"}
    done = good(other, "restore", str(backed_up(pair, "web")))
    (warning,) = [line for line in (done.err + done.out).splitlines() if "credentials" in line]
    assert '"web"' in warning
    assert "https://cloud.example/v1" in warning
    assert "machsh forget web" in warning


def test_one_machines_folder(pair, other):
    good(other, "restore", str(pair.store / "machines" / "web"))
    assert Store(other.store).names() == ["web"]
    assert "id_rsa" in files(other, "web")


@pytest.mark.parametrize("form", ["gztar", "tar", "zip"])
def test_an_archive_of_a_store(pair, other, form):
    path = shutil.make_archive(str(pair.home / "store"), form, pair.store.parent, "machine")
    good(other, "restore", path, "web")
    assert files(other, "web") >= KEYS | {"id_rsa"}
    assert Store(other.store).names() == ["web"]


def test_what_machine_export_writes(pair, other):
    """Its zip has the machine's files on top, the certificates in `certs`, and a word for the store."""
    folder, path = pair.store / "machines" / "web", pair.home / "web.zip"
    text = (folder / "config.json").read_text()
    text = text.replace(f"{pair.store}/certs/", "{{STORAGE}}/certs/web/").replace(
        str(pair.store), "{{STORAGE}}"
    )
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("config.json", text)
        packed.writestr("id_rsa", "ssh key")
        for name in KEYS:
            packed.write(pair.store / "certs" / name, f"certs/{name}")
    good(other, "restore", str(path))
    assert record(other, "web")["Driver"]["SSHKeyPath"] == str(other.store / "machines" / "web" / "id_rsa")
    assert files(other, "web") >= KEYS | {"id_rsa"}


def test_a_broken_record_in_an_archive_restores_nothing(pair, other):
    (pair.store / "machines" / "db" / "config.json").write_text("{")
    done = machsh(other, "restore", str(pair.store))
    assert done.code == 1
    assert '"db" cannot be restored, its record cannot be read' in done.err
    assert Store(other.store).names() == []
    assert leftovers(other) == []


def test_a_broken_record_in_an_archive_harms_no_other_machine(pair, other):
    (pair.store / "machines" / "db" / "config.json").write_text("{")
    rows = json.loads(good(other, "restore", str(pair.store), "--json").out)
    assert [row["name"] for row in rows] == ["db", "web"]
    assert rows[0]["address"].startswith("cannot be read")
    good(other, "restore", str(pair.store), "web")
    assert Store(other.store).names() == ["web"]


def test_a_folder_without_machines_is_told(other):
    done = machsh(other, "restore", str(other.home))
    assert "There is no machine in the archive" in done.err


# Sharing


def test_a_persons_archive_holds_nothing_of_ours(pair):
    path = pair.home / "ann.tar"
    done = good(pair, "share", "web", "--with", "ann", "-y", "-o", str(path), "--no-encryption")
    assert "and on db, of the same authority" in done.out + done.err
    packed = tarfile.open(path)
    assert [name for name in packed.getnames() if "web/" in name] == [
        f"machines/web/{name}" for name in ("config.json", "ca.pem", "cert.pem", "key.pem")
    ]
    content = path.read_bytes()
    for secret in ("certs/ca-key.pem", "certs/key.pem", "certs/cert.pem", "machines/web/id_rsa"):
        assert (pair.store / secret).read_bytes() not in content
    assert str(pair.home).encode() not in content


def test_who_has_a_certificate(pair, other):
    for person, days in (("ann", "10"), ("bob@example.org", "400")):
        path = str(pair.home / f"{person}.tar")
        good(pair, "share", "web", "--with", person, "--days", days, "-y", "-o", path, "--no-encryption")
    rows = json.loads(good(pair, "share", "web", "--json").out)
    assert [(row["person"], row["machine"], row["state"]) for row in rows] == [
        ("ann", "web", "valid"),
        ("bob@example.org", "web", "valid"),
    ]
    assert "bob@example.org" in good(pair, "share", "db", "--list").out  # it opens that one, too
    (pair.store / "certs" / "shared.json").write_text("[{}, 7]")
    assert "shared.json is damaged" in machsh(pair, "share", "web", "--list").err


@pytest.mark.parametrize("person", ["", "a b", "-x", "a" * 65, "a\x1b[2J", "ann/../b"])
def test_what_names_no_person(pair, person):
    done = machsh(pair, "share", "web", "--with", person, "-y", "-o", str(pair.home / "x"), "--no-encryption")
    assert done.code == 2
    assert "\x1b" not in done.err
    assert not (pair.home / "x").exists()


def test_what_is_wrong_is_told_before_the_question(pair):
    done = machsh(pair, "share", "web", "--with", "ann", "--days", "0", stdin="y\n")
    assert "cannot be valid for 0 days" in done.err
    assert "Go on?" not in done.out


def test_the_persons_command_can_be_pasted(pair):
    path = str(pair.home / "for ann.tar")
    done = good(pair, "share", "web", "--with", "ann", "-y", "-o", path, "--no-encryption")
    assert "ann runs: machsh restore 'for ann.tar'" in done.out + done.err
    assert "ann" in good(pair, "share", "--list").out  # of all machines' authorities


def test_an_archive_in_a_folder_gets_its_name(pair):
    folder = pair.home / "nightly"
    folder.mkdir()
    good(pair, "backup", "web", "-o", str(folder), "--no-encryption")
    good(pair, "backup", "db", "-o", f"{folder}/", "--no-encryption")
    assert sorted(path.name.partition("-")[0] for path in folder.iterdir()) == ["db", "web"]
    assert "no such file" in machsh(pair, "backup", "web", "-o", f"{folder}/x/", "--no-encryption").err
    assert "written to a file" in machsh(pair, "backup", "web", "-o", "-", "--no-encryption").err


def test_only_files_are_replaced_and_links_stay(pair):
    pipe, link, file = (pair.home / name for name in ("pipe", "link.tar", "real.tar"))
    os.mkfifo(pipe)
    file.write_text("old")
    link.symlink_to(file)
    words = ["backup", "web", "--force", "--no-encryption", "-o"]
    assert "not a regular file" in machsh(pair, *words, str(pipe)).err
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    good(pair, *words, str(link))
    assert link.is_symlink()
    assert file.read_bytes() != b"old"


def test_sharing_asks(pair):
    words = ["share", "web", "--with", "ann", "-o", str(pair.home / "x"), "--no-encryption"]
    assert machsh(pair, *words, stdin="n\n").code == 3
    assert not (pair.home / "x").exists()
    assert not (pair.store / "certs" / "shared.json").exists()
    good(pair, *words, stdin="y\n")


def test_a_shared_machine_works_until_the_authority_is_renewed(house, other):
    engine = house.engine("web")
    path = str(house.home / "ann.tar")
    good(house, "share", "web", "--with", "ann", "-y", "-o", path, "--no-encryption")
    done = good(other, "restore", path)
    assert "whose key did not come with them: web" in done.out
    folder = other.store / "machines" / "web"
    endpoint = Endpoint(f"tcp://{engine.address}", folder)
    check(endpoint)
    assert f'DOCKER_CERT_PATH="{folder}"' in good(other, "env", "web").out

    engine.stop()
    house.engines.remove(engine)
    certs = AuthorityPaths.in_folder(house.store / "certs")
    renew_authority(certs, CertificateSpec(), "tester", NullProgress(), with_ca=True)
    renewed = type(engine)()
    house.engines.append(renewed)
    renewed.start(house.store / "certs")
    check(Endpoint(f"tcp://{renewed.address}", house.store / "certs"))
    with pytest.raises(MachshError):
        check(Endpoint(f"tcp://{renewed.address}", folder))
    trusting = other.home / "trusting"  # even if ann trusts the new authority, it does not accept her
    shutil.copytree(folder, trusting)
    shutil.copy(certs.ca, trusting / "ca.pem")
    with pytest.raises(MachshError, match="tls: "):
        check(Endpoint(f"tcp://{renewed.address}", trusting))
    assert json.loads(good(house, "share", "web", "--json").out)[0]["state"] == "revoked"


def test_docker_machine_has_none_of_these(house):
    for command in ("backup", "restore", "share"):
        assert command not in house.run("--help").out
