"""Help and choices of machines' settings, which are those of the options of `create` that they follow."""

from __future__ import annotations

from machsh.commands.declarations.create import CREATE
from machsh.machine.alteration.machine_setting import MachineSetting

OPTIONS = {option.name: option for option in CREATE}


def help_of(setting: MachineSetting) -> str:
    """Return one line on a setting."""
    return setting.help or OPTIONS[setting.option].help


def choices_of(setting: MachineSetting) -> tuple[str, ...]:
    """Return the values that a setting may have; none if any value may do."""
    return setting.choices or (OPTIONS[setting.option].choices if setting.option else ())
