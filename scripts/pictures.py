"""Draws the shell's screens for docs/shell.md: plays scenes in a pseudo-terminal and writes them as SVG.

    python scripts/pictures.py            # writes docs/pictures/

The scenes use fake machines and a fake docker, so the pictures are the same everywhere; a test fails if
they differ from what the shell draws.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.screen import Screen, environment  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
COLUMNS, LINES = 80, 16
FLEET = [
    {"name": "db", "driver": "generic", "state": "Running", "address": "192.0.2.10"},
    {"name": "old", "driver": "docker", "state": "Stopped"},
    {
        "name": "production",
        "driver": "generic",
        "state": "Running",
        "address": "192.0.2.7",
        "is_protected": True,
    },
    {"name": "web", "driver": "docker", "state": "Running", "address": "172.17.0.2"},
]
CELL, LINE, SIZE, PAD = 8.4, 18, 14, 12
BACKGROUND, PLAIN = "#1c1c1c", "#d0d0d0"
COLOURS = {
    "default": PLAIN, "black": "#000000", "red": "#d75f5f", "green": "#87af5f", "brown": "#d7af5f",
    "blue": "#5f87d7", "magenta": "#af87d7", "cyan": "#5fafaf", "white": "#d0d0d0", "brightblack": "#767676",
    "brightred": "#ff8787", "brightgreen": "#afd787", "brightbrown": "#ffd787", "brightyellow": "#ffd787",
    "brightblue": "#87afff", "brightmagenta": "#d7afff", "brightcyan": "#87d7d7", "brightwhite": "#ffffff",
}  # fmt: skip


def first(screen: Screen) -> None:
    """A new user."""
    screen.type("cre").press("tab").type("-d ").press("tab").wait_for("generic")


def completion(screen: Screen) -> None:
    """Live names with image and state."""
    use(screen, "web")
    screen.type("logs ").press("tab").wait_for("Up 3 days")


def wrong(screen: Screen) -> None:
    """Wrong words are red before Enter."""
    use(screen, "web")
    screen.type("docker ps --al && dokcer images && use nowhere").wait_for("nowhere").settle(0.5)


def picker(screen: Screen) -> None:
    """All machines on F4."""
    use(screen, "web")
    screen.press("f4").wait_for("protected")


def protected(screen: Screen) -> None:
    """A protected machine, and the last line's exit code."""
    use(screen, "production")
    screen.type("exec site-2 sh").press("enter").wait_for(re.compile("❯ +exit 1"))


def search(screen: Screen) -> None:
    """Ctrl-R."""
    for line in ("run -d --name site-1 nginx:1.27", "logs -f site-1", "stats site-1", "use web"):
        screen.type(line).wait_for(line).press("enter").wait_for(re.compile("❯ *( exit 1)?$", re.MULTILINE))
    screen.press("ctrl-r").wait_for("history of all")
    screen.type("site").wait_for("history of all").settle(0.5)


def syntax(screen: Screen) -> None:
    """The toolbar shows the syntax."""
    use(screen, "web")
    screen.type("@db,web docker exec -").press("tab").wait_for("--interactive")


SCENES: dict[str, Callable[[Screen], None]] = {
    scene.__name__: scene for scene in (first, completion, wrong, picker, protected, search, syntax)
}


def use(screen: Screen, name: str) -> None:
    """Switch to a machine and wait for its prompt."""
    screen.type(f"use {name}").press("enter").wait_for(f"{name} ❯").settle(0.3)


def play(name: str, home: Path) -> str:
    """Play a scene with a new home folder; return its last screen as SVG."""
    home.mkdir(parents=True, exist_ok=True)
    fleet = home / "fleet.json"
    fleet.write_text(json.dumps([] if name == "first" else FLEET))
    argv = [sys.executable, str(ROOT / "tests" / "support" / "standin.py"), str(fleet), "stage"]
    with Screen(argv, env=environment(home), cwd=home, columns=COLUMNS, lines=LINES) as screen:
        screen.wait_for("live").settle(0.5)
        SCENES[name](screen)
        screen.settle(0.5)
        return svg(screen)


def svg(screen: Screen) -> str:
    """Return the screen as SVG text; equal screens yield equal texts."""
    width, height = COLUMNS * CELL + 2 * PAD, LINES * LINE + 2 * PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="{SIZE}">',
        f'<rect width="100%" height="100%" rx="6" fill="{BACKGROUND}"/>',
    ]
    for row in range(LINES):
        for column, text, look in runs(screen, row):
            parts += drawn(PAD + column * CELL, PAD + row * LINE, text, look)
    return "\n".join([*parts, "</svg>", ""])


def runs(screen: Screen, row: int) -> Iterator[tuple[int, str, tuple[str, str, bool, bool]]]:
    """Yield the parts of a row that have one look: column, text, (colour, background, bold, underlined)."""
    cells = [screen.display.buffer[row][column] for column in range(COLUMNS)]
    start = 0
    for column in range(1, COLUMNS + 1):
        if column == COLUMNS or look_of(cells[column]) != look_of(cells[start]):
            text = "".join(cell.data for cell in cells[start:column])
            if text.strip() or look_of(cells[start])[1]:
                yield start, text, look_of(cells[start])
            start = column


def look_of(cell: object) -> tuple[str, str, bool, bool]:
    """Return a cell's (colour, background or "", bold, underlined)."""
    fore, back = colour(cell.fg), "" if cell.bg == "default" else colour(cell.bg)  # type: ignore[attr-defined]
    if cell.reverse:  # type: ignore[attr-defined]
        fore, back = back or BACKGROUND, fore
    return fore, back, cell.bold, cell.underscore  # type: ignore[attr-defined]


def colour(name: str) -> str:
    """Convert pyte's colour, a name or six hexadecimal digits, to SVG's."""
    return COLOURS.get(name) or f"#{name}"


def drawn(x: float, y: float, text: str, look: tuple[str, str, bool, bool]) -> Iterator[str]:
    """Yield the SVG elements of one part of a row."""
    fore, back, is_bold, is_underlined = look
    if back:
        yield f'<rect x="{x:.1f}" y="{y:g}" width="{len(text) * CELL:.1f}" height="{LINE}" fill="{back}"/>'
    if text.strip():
        lead = len(text) - len(text.lstrip())
        shown = text.strip()
        style = ' font-weight="bold"' * is_bold + ' text-decoration="underline"' * is_underlined
        yield (
            f'<text x="{x + lead * CELL:.1f}" y="{y + 13:g}" fill="{fore}" xml:space="preserve" '
            f'textLength="{len(shown) * CELL:.1f}"{style}>{escape(shown)}</text>'
        )


def main() -> int:
    """Draw all scenes; return the exit code."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in SCENES:
            (FOLDER / f"{name}.svg").write_text(play(name, Path(folder) / name))
            print(FOLDER / f"{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
