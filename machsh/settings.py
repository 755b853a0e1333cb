"""The settings file: its declarations, reading and validation. The file is optional."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.humanize import short_value
from machsh.regular_file import read_text
from machsh.validators import MOST_SECONDS

LARGEST = 1 << 20
"""Size limit of the settings file in bytes."""
LARGEST_NUMBER = MOST_SECONDS


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the settings file."""

    name: str
    default: str | int | float | bool
    help: str
    choices: tuple[str, ...] = ()
    is_pygments_style: bool = False
    """Also accept the name of an installed Pygments style."""


SETTINGS: tuple[Setting, ...] = (
    Setting("edit_mode", "emacs", "How lines are edited.", ("emacs", "vi")),
    Setting(
        "theme",
        "dark",
        "Colours for a dark or a light terminal; any installed Pygments style, too, such as monokai.",
        ("dark", "light"),
        is_pygments_style=True,
    ),
    Setting(
        "color", "auto", "When to colour; --color and NO_COLOR come before it.", ("auto", "always", "never")
    ),
    Setting(
        "prompt",
        "{machine} ❯ ",
        "The prompt; {machine}, {driver}, {state}, {status} and {seconds} are filled in.",
    ),
    Setting("right_prompt_after", 2.0, "Show the last command's time when it took longer (seconds)."),
    Setting("bell_after", 0, "Ring the bell after commands longer than this (seconds); 0 never rings."),
    Setting("pager", "auto", "Page output that is taller than the screen.", ("auto", "never")),
    Setting(
        "default_driver",
        "",
        "The driver of `create` without -d; MACHINE_DRIVER comes before it, empty chooses what works here.",
    ),
    Setting(
        "endpoint",
        "tls",
        "How the engine of a new machine is reached: by TLS at a port, or by its socket over ssh.",
        ("tls", "ssh"),
    ),
    Setting("timeout", 180, "How long one step on a machine may take (seconds); 0 is the default."),
    Setting("survey_timeout", 10, "How long `ls` waits for a machine (seconds)."),
    Setting(
        "driver_program",
        "",
        "A docker-machine or rancher-machine whose drivers are used; empty looks on PATH.",
    ),
    Setting("history_size", 100_000, "How many lines the history keeps."),
    Setting("suggestions", True, "Show grey suggestions from the history while typing."),
    Setting("live_names", True, "Keep the active machine's containers, images, ... ready for completion."),
    Setting("relay", True, "Keep connections to the active machine open, so that docker starts at once."),
)
"""All settings, for `settings show`, `settings init` and docs/settings.md."""

TABLES: dict[str, str] = {
    "keys": 'Key bindings: a key in prompt_toolkit\'s words, and what it does: "c-t" = "picker".',
    "aliases": 'Words of your own: ll = "ls -q".',
}
"""TOML table -> its help text. The user chooses the keys of these tables."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The current settings: values from the file, defaults for the rest."""

    values: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, str]]
    problems: tuple[str, ...] = ()
    """What is wrong with the file, one message per fault; invalid entries keep their default."""

    def text(self, name: str) -> str:
        """Return the value of a text setting. Raises KeyError for an unknown name."""
        return str(self.values[name])

    def number(self, name: str) -> float:
        """Return the value of a numeric setting. Raises KeyError for an unknown name."""
        return float(self.values[name])

    def flag(self, name: str) -> bool:
        """Return the value of an on/off setting. Raises KeyError for an unknown name."""
        return bool(self.values[name])


def path(environment: Environment) -> Path:
    """Return the path of the settings file: `MACHSH_CONFIG`, else `config.toml` in the config folder."""
    given = environment.variable("MACHSH_CONFIG")
    return Path(given) if given else environment.config_folder / "config.toml"


def load(environment: Environment) -> Settings:
    """Read the settings file, if there is one; faults in it are listed in `problems`, not raised."""
    file = path(environment)
    defaults = {setting.name: setting.default for setting in SETTINGS}
    try:
        content = read_text(file, LARGEST)
    except FileNotFoundError:
        return Settings(defaults, {name: {} for name in TABLES})
    except OSError as error:
        return Settings(defaults, {name: {} for name in TABLES}, (f"{file}: {error.strerror}",))
    return parse(content, str(file))


def parse(content: str, name: str) -> Settings:
    """Read settings from TOML text; `name` is the file's name in `problems`."""
    import tomllib

    values: dict[str, Any] = {setting.name: setting.default for setting in SETTINGS}
    tables: dict[str, Mapping[str, str]] = {table: {} for table in TABLES}
    try:
        document = tomllib.loads(content)
    except RecursionError:
        return Settings(values, tables, (f"{name}: it is nested too deep",))
    except ValueError as error:  # a TOMLDecodeError, or a number with thousands of digits
        return Settings(values, tables, (f"{name}: {str(error).partition(';')[0]}",))
    problems = []
    for key, value in document.items():
        problem = _take(key, value, values, tables)
        if problem:
            problems.append(f"{name}: {problem}")
    return Settings(values, tables, tuple(problems))


def _take(key: str, value: Any, values: dict[str, Any], tables: dict[str, Mapping[str, str]]) -> str:
    """Store one key in `values` or `tables`; return what is wrong with it, or ""."""
    if key in tables:
        if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
            return f"[{key}] must hold text values"
        tables[key] = value
        return ""
    setting = next((one for one in SETTINGS if one.name == key), None)
    if setting is None:
        return f"unknown setting {short_value(key)}{_like(key)}"
    if not _fits(value, setting):
        wanted = " or ".join(setting.choices) or _wanted(setting)
        wanted += " or the name of a Pygments style" * setting.is_pygments_style
        return f"{key} must be {wanted}, not {short_value(value)}"
    values[key] = value
    return ""


def _fits(value: Any, setting: Setting) -> bool:
    if isinstance(setting.default, bool) or isinstance(value, bool):
        return isinstance(setting.default, bool) and isinstance(value, bool)
    if isinstance(setting.default, str):
        if not isinstance(value, str):
            return False
        if not setting.choices or value in setting.choices:
            return True
        return setting.is_pygments_style and _is_style(value)
    return isinstance(value, int | float) and 0 <= value <= LARGEST_NUMBER


def _wanted(setting: Setting) -> str:
    is_number = isinstance(setting.default, int | float) and not isinstance(setting.default, bool)
    return f"a number from 0 to {LARGEST_NUMBER}" if is_number else f"a value like {setting.default!r}"


def _is_style(name: str) -> bool:
    from pygments.styles import get_style_by_name
    from pygments.util import ClassNotFound

    try:
        get_style_by_name(name)
    except (ClassNotFound, ValueError):
        return False
    return True


def _like(key: str) -> str:
    from machsh.suggest import did_you_mean

    if len(key) > 100:
        return ""
    advice = did_you_mean(key, [setting.name for setting in SETTINGS] + list(TABLES))
    return f"; {advice}" if advice else ""


def template() -> str:
    """Return the file that `settings init` writes: every setting, commented out, at its default."""
    lines = ["# Settings of machsh. Every line is a default; remove the # to change it.", ""]
    for setting in SETTINGS:
        choices = f" One of: {', '.join(setting.choices)}." if setting.choices else ""
        lines += [f"# {setting.help}{choices}", f"# {setting.name} = {_toml(setting.default)}", ""]
    for name, text in TABLES.items():
        lines += [f"# {text}", f"# [{name}]", ""]
    return "\n".join(lines)


def write_template(environment: Environment) -> Path:
    """Write the template as the settings file; return its path. Raises MachshError if the file exists."""
    from machsh.files import make_private_folder, write_atomically

    file = path(environment)
    if file.exists():
        raise MachshError(f"{file} exists already", hint="edit it, or move it away first")
    make_private_folder(file.parent)
    write_atomically(file, template().encode(), 0o644)
    return file


def _toml(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
