import pytest

from machsh.drivers.host_size import HostSize
from machsh.drivers.qemu import accelerator, disk_snapshots, forwarding, qemu_programs
from machsh.drivers.qemu.driver import QemuDriver
from machsh.drivers.qemu.forwarding import Forward
from machsh.drivers.qemu.qemu_settings import forwards, shares
from machsh.drivers.qemu.record import QemuRecord
from machsh.errors import MachshError, PreCreateError, UsageError
from machsh.options import Values
from machsh.record import WrongValueError
from machsh.testing.fakes import fake_context


def configured(tmp_path, name="web", **given):
    content = {option.name: option.empty for option in QemuDriver.options}
    given = {f"qemu-{key.replace('_', '-')}": value for key, value in given.items()}
    record = QemuRecord(machine_name=name, store_path=str(tmp_path))
    driver = QemuDriver(record, fake_context(tmp_path))
    driver.configure(Values({**content, "qemu-arch": "x86_64", **given}, set(given)))
    return driver


@pytest.mark.parametrize(
    ("text", "forward"),
    [
        ("80", Forward(80, 80)),
        ("8080:80", Forward(8080, 80)),
        ("8080:80/tcp", Forward(8080, 80)),
        ("5353:53/udp", Forward(5353, 53, "udp")),
    ],
)
def test_a_port_to_open_is_read(text, forward):
    assert forwarding.parse(text) == forward
    assert forwarding.parse(str(forward)) == forward


@pytest.mark.parametrize(
    "text", ["", "0", "65536", "80:0", "a", "80:80:80", "80/sctp", "-1", "80,hostfwd=", "٨٠"]
)
def test_what_is_no_port_is_refused(text):
    with pytest.raises(UsageError, match="is not a port"):
        forwarding.parse(text)


def test_a_port_cannot_be_forwarded_twice(tmp_path):
    with pytest.raises(UsageError, match="port 80 is forwarded twice"):
        configured(tmp_path, open_port=["80", "80:81"])
    assert configured(tmp_path, open_port=["80", "80/udp"]).record.open_ports == ["80:80/tcp", "80:80/udp"]


def test_ssh_and_the_engine_are_forwarded_first(tmp_path):
    record = configured(tmp_path, open_port=["8080:80"]).record
    record.ssh_port, record.engine_port = 40001, 40002
    assert forwards(record) == (Forward(40001, 22), Forward(40002, 2376), Forward(8080, 80))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"cpu_count": 0}, "--qemu-cpu-count 0"),
        ({"cpu_count": -2}, "--qemu-cpu-count -2"),
        ({"memory": 1}, "--qemu-memory 1"),
        ({"memory": 1 << 40}, "--qemu-memory"),
        ({"disk_size": -1}, "--qemu-disk-size -1"),
        ({"boot_timeout": -1}, "--qemu-boot-timeout -1"),
        ({"image": "ubuntoo"}, "no guest image 'ubuntoo'"),
        ({"image_sha256": "abc"}, "is not a sha256"),
        ({"share": ["/srv:/"]}, "cannot mount"),
        ({"share": ["/srv:/a b"]}, "cannot mount"),
    ],
)
def test_values_that_cannot_work_are_refused_before_anything_is_made(tmp_path, given, text):
    with pytest.raises(UsageError, match=text):
        configured(tmp_path, **given)


def test_all_cpus_are_counted(tmp_path):
    assert configured(tmp_path, cpu_count=-1).record.cpu >= 1


def test_every_machine_has_a_network_card_of_its_own(tmp_path):
    first, second = (configured(tmp_path).record.mac_address for _ in range(2))
    assert first != second
    assert first.startswith("52:54:00:")


def test_paths_are_those_of_the_folder_where_the_machine_was_created(tmp_path):
    record = configured(tmp_path, image="~/disk.qcow2", share=["~/work", "~/a:b:/mnt/x"]).record
    assert record.image == str(tmp_path / "disk.qcow2")
    first, second = shares(record)
    assert (first.folder, first.guest_folder, first.tag) == (f"{tmp_path}/work", f"{tmp_path}/work", "share0")
    assert (second.folder, second.guest_folder, second.tag) == (f"{tmp_path}/a:b", "/mnt/x", "share1")


def test_a_name_that_no_host_can_have_is_refused(tmp_path):
    with pytest.raises(PreCreateError, match="at most 63 characters"):
        configured(tmp_path, name="a" * 64).pre_create_check()


def test_a_shared_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(MachshError, match="missing is not a folder"):
        configured(tmp_path, share=["~/missing:/mnt"]).pre_create_check()


def test_the_engine_is_known_at_its_forwarded_port(tmp_path):
    driver = configured(tmp_path)
    assert driver.known_url() == ""
    driver.record.ip_address, driver.record.engine_port = "127.0.0.1", 49211
    assert driver.known_url() == "tcp://127.0.0.1:49211"
    assert driver.listening_port() == 2376


def test_a_machine_without_its_disk_does_not_exist(tmp_path):
    with pytest.raises(MachshError, match=r"machine does not exist: its disk disk\.qcow2 is gone"):
        configured(tmp_path).state()


@pytest.mark.parametrize(
    ("wanted", "platform", "guest", "works", "chosen"),
    [
        ("auto", "linux", "x86_64", True, "kvm"),
        ("auto", "darwin", "x86_64", True, "hvf"),
        ("auto", "linux", "x86_64", False, "tcg"),
        ("auto", "linux", "aarch64", True, "tcg"),
        ("auto", "freebsd14", "x86_64", True, "tcg"),
        ("tcg", "linux", "x86_64", True, "tcg"),
        ("kvm", "linux", "x86_64", True, "kvm"),
    ],
)
def test_the_fastest_accelerator_that_works_is_chosen(monkeypatch, wanted, platform, guest, works, chosen):
    monkeypatch.setattr(accelerator, "probe", lambda *_: "" if works else "it does not work")
    choice = accelerator.choose(wanted, "qemu", guest, platform=platform, host_arch="x86_64")
    assert choice.name == chosen
    assert bool(choice.reason) == (chosen == "tcg" and wanted == "auto")


@pytest.mark.parametrize(("wanted", "platform"), [("kvm", "linux"), ("hvf", "linux"), ("kvm", "darwin")])
def test_an_accelerator_that_the_user_wants_and_that_does_not_work_is_an_error(monkeypatch, wanted, platform):
    monkeypatch.setattr(accelerator, "probe", lambda *_: "Permission denied")
    with pytest.raises(MachshError, match="accelerator"):
        accelerator.choose(wanted, "qemu", "x86_64", platform=platform, host_arch="x86_64")


@pytest.mark.parametrize(
    ("machine", "arch"),
    [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("arm64", "aarch64"), ("aarch64", "aarch64")],
)
def test_processors_have_qemus_names(monkeypatch, machine, arch):
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert qemu_programs.arch_of("auto") == arch


def test_a_processor_without_guests_is_an_error_that_names_the_way_out(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(MachshError, match="riscv64") as found:
        qemu_programs.arch_of("auto")
    assert "--qemu-arch" in found.value.hint
    assert qemu_programs.arch_of("x86_64") == "x86_64"


def test_a_missing_qemu_is_named_with_its_package(tmp_path):
    driver = configured(tmp_path, program="qemu-of-nobody")
    with pytest.raises(MachshError, match="qemu-of-nobody is missing") as found:
        driver.pre_create_check()
    assert "apt install qemu-system-x86 qemu-utils" in found.value.hint


@pytest.mark.parametrize("name", ["1", "007", "x" * 256])
def test_a_snapshot_has_no_name_that_stands_for_another_one(name):
    with pytest.raises(MachshError, match="cannot be the name"):
        disk_snapshots.check_name(name)


def test_a_machine_that_was_never_booted_has_no_console(tmp_path):
    with pytest.raises(MachshError, match="no console output yet"):
        configured(tmp_path).console_log()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Arch", "../../tmp/evil"),
        ("MACAddress", "52:54:00:00:00:00,netdev=x"),
        ("MACAddress", "a,b=c:::::1234567"),
        ("SSHPort", 70000),
        ("EnginePort", -1),
        ("OpenPorts", ["-x"]),
        ("Shares", ["-x"]),
        ("CPU", -4),
    ],
)
def test_a_record_with_values_of_somebody_else_is_refused(tmp_path, field, value):
    stored = {**configured(tmp_path).record.to_json(), field: value}
    with pytest.raises(WrongValueError, match=field):
        QemuRecord.from_json(stored).check("Driver")


def test_the_next_start_has_another_size(tmp_path):
    driver = configured(tmp_path)
    size = HostSize("4", "3g")
    driver.resize(size)
    assert (driver.record.cpu, driver.record.memory) == (4, 3072)
    assert driver.size() == HostSize("4", "3072")


@pytest.mark.parametrize(
    ("cpus", "memory"),
    [
        ("0", "1g"),
        ("1.5", "1g"),
        ("", "1g"),
        ("256", "1g"),
        ("-1", "1g"),
        ("2", "100"),
        ("2", ""),
        ("2", "1t1"),
    ],
)
def test_a_size_that_no_machine_can_have_is_refused(tmp_path, cpus, memory):
    driver = configured(tmp_path)
    with pytest.raises(UsageError):
        driver.check_size(HostSize(cpus, memory))


def test_a_name_that_is_no_host_name_is_refused(tmp_path):
    with pytest.raises(PreCreateError, match="at most 63 characters"):
        configured(tmp_path).check_rename("x" * 64)
