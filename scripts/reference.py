"""Writes docs/reference/, the table in docs/settings.md and the index of decisions.

    python scripts/reference.py            # writes the pages
    python scripts/reference.py --check    # writes nothing; exits with 1 if a page is out of date

Run it after a change to a command, an option, a driver, a setting or a decision; a test checks the pages.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from machsh import api  # noqa: E402
from machsh.commands import command_table  # noqa: E402
from machsh.commands.command import Command  # noqa: E402
from machsh.commands.global_options import GLOBAL_OPTIONS  # noqa: E402
from machsh.drivers import registry  # noqa: E402
from machsh.options import Count, Kind, Option  # noqa: E402
from machsh.plugin import catalog  # noqa: E402
from machsh.settings import SETTINGS, TABLES  # noqa: E402

MADE_BY = "<!-- Written by scripts/reference.py: change the tables in machsh/, not this page. -->"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"
PLACES = {Count.ONE: "{}", Count.OPTIONAL: "[{}]", Count.MANY: "{}...", Count.ANY: "[{}...]"}


def pages() -> dict[Path, str]:
    """Return every generated page: path -> content."""
    reference = ROOT / "docs" / "reference"
    settings = ROOT / "docs" / "settings.md"
    return {
        reference / "commands.md": commands_page(),
        reference / "drivers.md": drivers_page(),
        reference / "plugins.md": plugins_page(),
        reference / "api.md": api_page(),
        settings: with_settings(settings.read_text(encoding="utf-8")),
        ROOT / "docs" / "adr" / "README.md": decisions_page(),
    }


def commands_page() -> str:
    """Return the page of all commands with their arguments, options and examples."""
    lines = [
        "# Commands",
        "",
        MADE_BY,
        "",
        "## Options before the command",
        "",
        *option_table(GLOBAL_OPTIONS),
    ]
    for command in sorted(command_table.built_in(), key=lambda one: one.name):
        lines += ["", *command_section(command)]
    return "\n".join(lines) + "\n"


def command_section(command: Command) -> Iterator[str]:
    """Yield the lines of one command's section."""
    words = " ".join(PLACES[one.count].format(one.name) for one in command.arguments)
    options = [one for one in command.options if not one.hidden]
    yield f"## {command.name}"
    yield ""
    yield f"{_cell(command.summary.rstrip('.'))}.{_note(command)}"
    yield ""
    yield f"    {command.name}{' [OPTIONS]' * bool(options)} {words}".rstrip()
    if command.description:
        yield ""
        yield _cell(command.description.replace("{program}", "machsh"))
    if command.verbs:
        yield ""
        yield "| written | does |"
        yield "|---|---|"
        yield from (f"| `{_cell(one.written)}` | {_cell(one.summary)} |" for one in command.verbs)
    if command.loses:
        yield ""
        yield f"Destroys: {command.loses}."
    if any(one.help for one in command.arguments):
        yield ""
        yield from (f"- `{one.name}`: {_cell(one.help)}" for one in command.arguments if one.help)
    if options:
        yield ""
        yield from option_table(options)
    if command.takes_driver_options:
        yield ""
        yield "The driver's own options are on [the page of drivers](drivers.md)."
    if command.examples:
        yield ""
        yield from (f"    {example}" for example in command.examples)


def _note(command: Command) -> str:
    """Return a command's aliases and where it exists, as sentences."""
    parts = []
    if command.aliases:
        parts.append(f"Also: {', '.join(f'`{name}`' for name in command.aliases)}.")
    if command.in_docker_machine:
        parts.append("docker-machine has it, too.")
    if command.in_session_only:
        parts.append("Only in the shell and in batch files.")
    return "".join(f" {part}" for part in parts)


def drivers_page() -> str:
    """Return the page of the built-in drivers' options."""
    lines = ["# Drivers", "", MADE_BY, "", "What each is for is told in [Drivers](../drivers.md)."]
    for driver in registry.usable(catalog.NoPlugins()):
        lines += [
            "",
            f"## {driver.name}",
            "",
            f"{driver.summary.rstrip('.')}.",
            "",
            *option_table(driver.options),
        ]
        lines += ["", f"`rm` destroys {driver.loses}."]
    return "\n".join(lines) + "\n"


def plugins_page() -> str:
    """Return the page of entry-point groups and of the lists in single-file plugins."""
    lines = [
        "# Doors for plugins",
        "",
        MADE_BY,
        "",
        "How to write one: [Writing a plugin](../plugins/README.md).",
        "",
    ]
    lines += ["| group of entry points | list in a file of the plugins folder |", "|---|---|"]
    lines += [f"| `{group}` | `{name}` |" for group, name in catalog.FILE_LISTS.items()]
    return "\n".join(lines) + "\n"


def api_page() -> str:
    """Return the page of public names, each with the first paragraph of its docstring."""
    lines = ["# Names for plugins", "", MADE_BY, ""]
    lines += [
        "Plugins import them from `machsh.api`, for example `from machsh.api import Driver, Option`.",
        "",
    ]
    lines += ["| name | is |", "|---|---|"]
    meanings = {name: _meanings(module)[name] for module, names in api.HOMES.items() for name in names}
    lines += [f"| `{name}` | {_cell(meanings[name])} |" for name in api.__all__]
    return "\n".join(lines) + "\n"


@cache
def _meanings(module: str) -> dict[str, str]:
    """Return the first paragraph of each top-level name's docstring; a constant's stands below it."""
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    body = ast.parse(path.read_text(encoding="utf-8")).body
    found = {}
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found[node.name] = ast.get_docstring(node) or ""
        elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(following, ast.Expr):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            found[ast.unparse(target)] = ast.literal_eval(following.value)
    return {name: text.partition("\n\n")[0] for name, text in found.items()}


def option_table(options: Iterable[Option]) -> list[str]:
    """Return the lines of a Markdown table of the options that are not hidden."""
    rows = ["| option | default | variable | meaning |", "|---|---|---|---|"]
    for option in options:
        if not option.hidden:
            cells = (_names_of(option), _default_of(option), _code(option.variable), _meaning_of(option))
            rows.append(f"| {' | '.join(cells)} |")
    return rows


def _names_of(option: Option) -> str:
    value = "" if option.kind is Kind.BOOL else f" {'|'.join(option.choices) or option.kind.name}"
    names = [f"-{option.short}"] if option.short else []
    names.append(f"-{option.name}" if len(option.name) == 1 else f"--{option.name}")
    return _code(_cell(", ".join(names) + value))


def _default_of(option: Option) -> str:
    default = option.shown_default()
    return "" if default in (None, "", False, []) else _code(str(default))


def _meaning_of(option: Option) -> str:
    repeats = option.kind is Kind.LIST and "repeated" not in option.help
    return _cell(option.help) + "; may be repeated" * repeats


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    """Escape a text for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def with_settings(page: str) -> str:
    """Return the page of settings with an updated table."""
    rows = ["| setting | default | is |", "|---|---|---|"]
    for setting in SETTINGS:
        choices = f" One of: {', '.join(setting.choices)}." if setting.choices else ""
        rows.append(f"| `{setting.name}` | `{_toml(setting.default)}` | {setting.help}{choices} |")
    rows += ["", *(f"- `[{name}]`: {text}" for name, text in TABLES.items())]
    before, _, rest = page.partition(BEGIN)
    return "\n".join([before + BEGIN, *rows, END + rest.partition(END)[2]])


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def decisions_page() -> str:
    """Return the index of decisions."""
    lines = [
        "# Decisions",
        "",
        MADE_BY,
        "",
        "Numbers go by topic, with gaps: 1 for the whole, 10 ssh and certificates,",
    ]
    lines += [
        "20 provisioning, 30 drivers, 40 machines, 50 engines, 60 the language, 70 commands, 80 the shell.",
        "",
    ]
    for path in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")):
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        lines.append(f"- [{re.sub(r'^0*', '', title)}]({path.name})")
    return "\n".join(lines) + "\n"


def outdated() -> list[Path]:
    """Return the pages that are missing or differ from the tables."""
    return [
        path
        for path, content in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != content
    ]


def main() -> int:
    """Write or check the pages; return the exit code."""
    stale = outdated()
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(
                f"{path.relative_to(ROOT)} is out of date: run python scripts/reference.py", file=sys.stderr
            )
        return int(bool(stale))
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(pages()[path], encoding="utf-8")
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
