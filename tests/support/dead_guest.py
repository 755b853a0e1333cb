"""A disk whose guest prints a line on the serial port and halts: a whole virtual machine, but no system in it."""

TEXT = "Guest without a system: halted"
# xor ax,ax; mov ds,ax; mov si,0x7c40; next: lodsb; test al,al; jz stop; mov dx,0x3f8; out dx,al; jmp next;
# stop: hlt; jmp stop
_CODE = bytes.fromhex("31c08ed8be407cac84c07406baf803eeebf5f4ebfd")


def write_disk(path):
    """Write the disk, in raw format; return its path."""
    disk = bytearray(1 << 20)
    disk[: len(_CODE)] = _CODE
    text = f"{TEXT}\r\n\x1b[31mred\x1b[0m\r\n\0".encode()
    disk[0x40 : 0x40 + len(text)] = text
    disk[510:512] = b"\x55\xaa"
    path.write_bytes(disk)
    return path
