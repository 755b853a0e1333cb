"""A list that several modules need is defined only once."""

import ast

import pytest

from machsh.commands.command_table import built_in
from machsh.commands.completion.entries import build
from machsh.commands.handlers.env_lines import DIALECTS, SHELLS
from machsh.commands.handlers.ls.ls_filters import KEYS
from machsh.commands.handlers.ls.ls_items import HEADERS, HostItem
from machsh.language.parser import KEYWORDS
from machsh.plugin.catalog import FILE_LISTS
from machsh.shell.completion import machsh_words
from tests.rules.sources import modules, shown, tree

LISTS = {"shells of env": DIALECTS, "filters of ls": KEYS, "fields of ls": HEADERS, "keywords": KEYWORDS}


def written(words):
    """The modules that spell out most of these words in one tuple, list, set, dict or text."""
    wanted = set(words)
    found = set()
    for path in modules():
        for node in ast.walk(tree(path)):
            spelled = set()
            if isinstance(node, ast.Tuple | ast.List | ast.Set):
                spelled = {one.value for one in node.elts if isinstance(one, ast.Constant)}
            elif isinstance(node, ast.Dict):
                spelled = {one.value for one in node.keys if isinstance(one, ast.Constant)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 300:
                spelled = set(node.value.split())
            spelled = {str(word).removesuffix("=") for word in spelled}
            if len(spelled & wanted) > len(wanted) * 0.8:
                found.add(shown(path))
    return found


@pytest.mark.parametrize(
    ("name", "homes"),
    [
        ("shells of env", {"machsh/commands/handlers/env_lines.py"}),
        ("filters of ls", {"machsh/commands/handlers/ls/ls_filters.py"}),
        ("keywords", {"machsh/language/parser.py"}),
        # the second gives each field its value
        (
            "fields of ls",
            {"machsh/commands/handlers/ls/ls_items.py", "machsh/commands/handlers/ls/ls_rows.py"},
        ),
    ],
)
def test_a_list_has_one_home(name, homes):
    assert written(LISTS[name]) == homes


def test_the_shell_completes_the_languages_keywords():
    found = machsh_words.keywords(None, None).candidates
    assert {one.text for one in found if one.style == "keyword"} == KEYWORDS


def test_every_field_of_ls_has_its_header():
    assert HostItem("a").struct().fields.keys() == HEADERS.keys()


def test_completion_files_offer_the_lists():
    model = build("machsh", built_in(), {})
    words = {
        (entry.name, name): choice.words
        for entry in model.entries
        for choice in entry.options
        for name in choice.names
    }
    assert words["env", "--shell"] == SHELLS
    assert words["ls", "--filter"] == tuple(f"{key}=" for key in KEYS)


def test_the_groups_of_plugins_have_one_home():
    homes = {
        shown(path)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and node.value in FILE_LISTS
    }
    assert homes == {"machsh/plugin/catalog.py"}
