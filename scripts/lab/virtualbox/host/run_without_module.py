"""Make a VBoxHeadless start guests without VirtualBox's kernel module: run-without-module FILE

For the tests' image only. VirtualBox 7 can interpret a guest, but VBoxHeadless calls SUPR3HardenedMain with no flags,
which then insists on /dev/vboxdrv. The call is changed to pass SUPSECMAIN_FLAGS_DRIVERLESS_IEM_ALLOWED and
..._NEM_FALLBACK. The longer instruction takes three bytes of the padding behind the call; what is relative moves by
three. Nothing is written unless the call stands in the file exactly once.
"""

import os
import re
import struct
import sys

FLAGS = 0x300
BEFORE = re.compile(
    rb"(\x48\x89\xf1\x49\x89\xd0)"  # mov rcx,rsi; mov r8,rdx
    rb"\x31\xf6"  # xor esi,esi: no flags
    rb"\x89\xfa\x48\x8d\x3d(.{4})"  # mov edx,edi; lea rdi,"VBoxHeadless"
    rb"\xe9(.{4})"  # jmp SUPR3HardenedMain
    rb"\x66\x2e\x0f\x1f\x84\x00{5}",  # padding, 10 bytes
    re.DOTALL,
)
PROGRAM = b"VBoxHeadless\0"
GROWN = 3
END_OF_LEA = 20
"""Where, in the new code, the instruction after `lea` begins: its address is relative to that."""


def with_flags(program: bytes) -> bytes:
    """The program whose call passes the flags. Raises ValueError unless there is exactly one such call."""
    found = list(BEFORE.finditer(program))
    if len(found) != 1:
        raise ValueError(f"the call to change is there {len(found)} times, not once")
    call = found[0]
    name, target = (struct.unpack("<i", call[group])[0] - GROWN for group in (2, 3))
    code = b"".join(
        [
            call[1],
            b"\xbe" + struct.pack("<I", FLAGS),  # mov esi,FLAGS
            b"\x89\xfa\x48\x8d\x3d" + struct.pack("<i", name),
            b"\xe9" + struct.pack("<i", target),
            b"\x0f\x1f\x80\0\0\0\0",  # padding, 7 bytes
        ]
    )
    assert len(code) == len(call[0])
    if not program.startswith(PROGRAM, call.start() + END_OF_LEA + name):
        raise ValueError("the call to change is another program's")
    return program[: call.start()] + code + program[call.end() :]


def main(path: str) -> None:
    """Change the file in place, keeping its owner and its set-uid bit, which it insists on."""
    with open(path, "rb") as file:
        program = file.read()
    try:
        changed = with_flags(program)
    except ValueError as error:
        sys.exit(f"{path}: {error}")
    status = os.stat(path)
    with open(path + ".new", "wb") as file:
        file.write(changed)
    os.chown(path + ".new", status.st_uid, status.st_gid)
    os.chmod(path + ".new", status.st_mode & 0o7777)
    os.replace(path + ".new", path)


if __name__ == "__main__":
    main(*sys.argv[1:])
