"""What goes wrong with driver programs."""

from __future__ import annotations

from machsh.errors import MachshError


class DriverProgramError(MachshError):
    """A driver program cannot be started, ended too early, or does not keep to the protocol."""


class DriverNotInsideError(DriverProgramError):
    """A program with drivers inside does not have this one."""


class MissingCallError(MachshError):
    """The program does not have this call."""
