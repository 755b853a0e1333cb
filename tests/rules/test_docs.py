"""The docs are complete, and their links and references have targets."""

import ast
import re
import subprocess
import sys

import pytest

from machsh.errors import ExitCode
from machsh.settings import SETTINGS, TABLES
from tests.rules.sources import TOP, modules, room, shown, tree

PAGES = [*sorted(TOP.glob("*.md")), *sorted((TOP / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_every_setting_is_in_the_docs():
    text = (TOP / "docs/settings.md").read_text()
    assert [one.name for one in SETTINGS if f"`{one.name}`" not in text] == []
    assert [name for name in TABLES if f"`[{name}]`" not in text] == []


def test_every_exit_code_is_in_the_docs():
    text = (TOP / "docs/batch.md").read_text()
    codes = {int(code) for code in ExitCode} - {130}
    assert [code for code in codes if f"| {code} |" not in text] == []
    assert "128 + n" in text
    assert "130: Ctrl-C" in text


def test_the_changelog_has_an_unreleased_section_that_says_something():
    text = (TOP / "docs/changelog.md").read_text()
    unreleased = text.partition("## Unreleased")[2].partition("\n## ")[0]
    assert re.search(r"^- ", unreleased, re.MULTILINE)


def threads():
    """Place and `name` of each thread that machsh starts; the name is None if it is left out."""
    for path in modules():
        for node in ast.walk(tree(path)) if room(path) != "testing" else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "threading.Thread":
                yield shown(path), next((word.value for word in node.keywords if word.arg == "name"), None)


def test_every_thread_has_a_name_that_the_architecture_explains():
    text = (TOP / "docs/architecture.md").read_text().partition("## Threads")[2].partition("\n## ")[0]
    explained = set(re.findall(r"`(machsh-[a-z-]+|states|history|docker-commands)`", text))
    names = {name.value for _, name in threads() if isinstance(name, ast.Constant)}
    assert [place for place, name in threads() if name is None] == []
    assert names == explained


def test_each_decision_says_context_choice_and_consequence():
    wrong = [
        page.name
        for page in sorted((TOP / "docs/adr").glob("[0-9]*.md"))
        if any(f"**{part}.**" not in page.read_text() for part in ("Context", "Choice", "Consequence"))
    ]
    assert wrong == []


def test_no_page_names_the_folder_it_was_written_in():
    assert [page.name for page in PAGES if str(TOP) in page.read_text()] == []


def test_the_reference_is_what_the_tables_say():
    done = subprocess.run(
        [sys.executable, "scripts/reference.py", "--check"], cwd=TOP, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
