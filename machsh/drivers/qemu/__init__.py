"""The driver `qemu`: virtual machines of the user, without root."""
