from pathlib import Path

import pytest

from machsh.drivers.qemu import firmware, launch_line
from machsh.drivers.qemu.forwarding import Forward
from machsh.drivers.qemu.launch_line import Launch, Share

PLAIN = Launch(
    program="/usr/bin/qemu-system-x86_64",
    name="web",
    arch="x86_64",
    accelerator="kvm",
    cpus=2,
    memory_mb=2048,
    mac="52:54:00:00:00:ff",
    forwards=(Forward(40001, 22), Forward(40002, 2376)),
)


def changed(**fields):
    values = {name: getattr(PLAIN, name) for name in Launch.__dataclass_fields__}
    return launch_line.words(Launch(**{**values, **fields}))


def values(words, option):
    return [words[place + 1] for place, word in enumerate(words) if word == option]


def test_a_machine_starts_apart_from_the_terminal_and_without_the_users_configuration():
    words = launch_line.words(PLAIN)
    assert words[0] == "/usr/bin/qemu-system-x86_64"
    assert {"-daemonize", "-no-user-config", "-nodefaults"} <= set(words)
    assert values(words, "-pidfile") == ["qemu.pid"]
    assert values(words, "-machine") == ["q35"]


def test_ports_are_forwarded_from_the_loopback_address_only():
    (network,) = values(launch_line.words(PLAIN), "-netdev")
    assert network == "user,id=net0,hostfwd=tcp:127.0.0.1:40001-:22,hostfwd=tcp:127.0.0.1:40002-:2376"
    (network,) = values(changed(forwards=(Forward(53, 5353, "udp"),)), "-netdev")
    assert network.endswith("hostfwd=udp:127.0.0.1:53-:5353")


def test_the_accelerator_decides_the_processor():
    assert values(launch_line.words(PLAIN), "-cpu") == ["host"]
    emulated = changed(accelerator="tcg")
    assert values(emulated, "-cpu") == ["max"]
    assert values(emulated, "-accel") == ["tcg,thread=single"]


def test_files_are_named_without_their_folder_whatever_its_name_is():
    words = launch_line.words(PLAIN)
    assert not any("/" in word for word in words[1:] if "=" in word and "disk.qcow2" in word)
    assert all(
        value.split(",")[0].startswith("unix:") and "/" not in value for value in values(words, "-qmp")
    )


def test_a_comma_in_a_path_is_part_of_the_path():
    words = changed(shares=(Share("/srv/a,security_model=passthrough", "/mnt/a", "share0"),))
    (share,) = values(words, "-fsdev")
    assert share == "local,id=share0,path=/srv/a,,security_model=passthrough,security_model=none"
    assert "virtio-9p-pci,fsdev=share0,mount_tag=share0" in values(words, "-device")


def test_a_bridge_gets_a_card_of_its_own():
    words = changed(bridge="br0")
    assert values(words, "-netdev")[1] == "bridge,id=net1,br=br0"
    assert "virtio-net-pci,netdev=net1,mac=52:54:00:00:00:00" in values(words, "-device")
    assert len(values(launch_line.words(PLAIN), "-netdev")) == 1


def test_a_guest_with_firmware_keeps_its_variables_where_snapshots_can_hold_them():
    words = changed(arch="aarch64", firmware=Path("/usr/share/AAVMF/AAVMF_CODE.fd"))
    assert values(words, "-machine") == ["virt,pflash0=code,pflash1=flash"]
    code, flash = (one for one in values(words, "-blockdev") if "node-name=code" in one or "flash" in one)
    assert "read-only=on" in code
    assert code.endswith("file.filename=/usr/share/AAVMF/AAVMF_CODE.fd")
    assert flash.startswith("driver=qcow2,node-name=flash,")


def test_firmware_is_looked_for_beside_qemu_itself(tmp_path):
    program = tmp_path / "bin" / "qemu-system-aarch64"
    code = tmp_path / "share" / "qemu" / "edk2-aarch64-code.fd"
    for path in (program, code):
        path.parent.mkdir(parents=True)
        path.touch()
    assert firmware.find("aarch64", program) == code
    assert firmware.find("x86_64", program) is None


@pytest.mark.parametrize(("mac", "second"), [("52:54:00:01:02:03", "52:54:00:01:02:04")])
def test_the_second_card_has_an_address_of_its_own(mac, second):
    assert launch_line.second_mac(mac) == second
