import threading
import time

import pytest

from machsh.options import Option
from machsh.plugin.catalog import COMPLETIONS
from machsh.shell.completion import plugin_kinds
from machsh.shell.completion.candidate import Candidate
from machsh.shell.completion.docker_words import LIVE_KINDS
from machsh.shell.completion.lookup import SOURCES, answer
from machsh.shell.completion.plugin_kinds import CompletionContext, PluginKinds
from tests.support.shelf import shelf
from tests.support.waiting import wait_until


class Plugins:
    def __init__(self, **kinds):
        self.kinds = kinds

    def find(self, group, name):
        assert group == COMPLETIONS
        return self.kinds.get(name)


def kinds(**found):
    errors = []
    return PluginKinds(Plugins(**found), lambda kind, error: errors.append((kind, error))), errors


def waited(all_kinds, kind, context=CompletionContext()):  # noqa: B008
    wait_until(lambda: not all_kinds.offer(kind, context).is_pending, "the plugin's answer")
    return all_kinds.offer(kind, context)


def test_words_pairs_and_candidates_of_a_plugin():
    seen = []

    def regions(context):
        seen.append(context)
        return ["one", ("two", "a note"), Candidate("three")]

    all_kinds, errors = kinds(region=regions)
    context = CompletionContext("o", "create", ("a",), "web")
    offer = waited(all_kinds, "region", context)
    assert [(one.text, one.note) for one in offer.candidates] == [
        ("one", ""),
        ("two", "a note"),
        ("three", ""),
    ]
    assert seen == [context]
    assert errors == []


@pytest.mark.parametrize("bad", [lambda context: 1 / 0, lambda context: [1], lambda: [], lambda context: 5])
def test_a_plugin_that_fails_is_reported_and_harms_nothing(bad):
    all_kinds, errors = kinds(bad=bad, good=lambda context: ["fine"])
    assert waited(all_kinds, "bad").candidates == ()
    assert "failed" in waited(all_kinds, "bad").reason
    assert [kind for kind, _ in errors] == ["bad"]
    assert waited(all_kinds, "good").candidates == (Candidate("fine"),)


def test_a_plugin_that_blocks_is_reported_and_holds_up_no_other(monkeypatch):
    monkeypatch.setattr(plugin_kinds, "BLOCKED_SECONDS", 0.1)
    gate = threading.Event()
    all_kinds, errors = kinds(slow=lambda context: gate.wait(5) and [], good=lambda context: ["fine"])
    began = time.monotonic()
    all_kinds.offer("slow", CompletionContext())
    assert time.monotonic() - began < 0.1
    assert "does not answer" in waited(all_kinds, "slow").reason
    assert isinstance(errors[0][1], TimeoutError)
    assert waited(all_kinds, "good").candidates == (Candidate("fine"),)
    gate.set()


def test_an_unknown_kind_says_so():
    assert waited(kinds()[0], "nothing").reason == "nothing is known of nothing"


def test_a_line_that_ran_asks_again():
    answers = iter(("one", "two"))
    all_kinds, _ = kinds(region=lambda context: [next(answers)])
    assert waited(all_kinds, "region").candidates == (Candidate("one"),)
    all_kinds.expire()
    assert waited(all_kinds, "region").candidates == (Candidate("two"),)


def test_an_option_of_a_plugins_driver_takes_the_plugins_kind():
    sources = shelf()
    sources.plugged, _ = kinds(region=lambda context: ["eu-1", "us-1"])
    sources.grammar.driver_options = lambda name: (Option("my-region", "Where", values="region"),)
    line = "create -d mine --my-region "
    wait_until(lambda: not answer(line, sources).is_pending, "the plugin's answer")
    assert [one.text for one in answer(line, sources).candidates()] == ["eu-1", "us-1"]


def test_every_kind_that_a_command_or_driver_names_has_a_source():
    from machsh.commands import global_options
    from machsh.commands.command_table import built_in
    from machsh.drivers import registry
    from machsh.plugin.catalog import Catalog
    from machsh.testing.fakes import FakeEnvironment

    catalog = Catalog(FakeEnvironment("/nonexistent"))
    declared = [one for command in built_in() for one in (*command.options, *command.arguments)]
    declared += [one for value in vars(global_options).values() if isinstance(value, tuple) for one in value]
    for name in registry.BUILT_IN:
        declared += registry.find(name, catalog).options
    kinds = {one.values for one in declared if getattr(one, "values", "")}
    assert {"machine", "driver", "file"} <= kinds
    assert kinds <= {*SOURCES, *LIVE_KINDS}


def programs(**found):
    """Sources with plugins for the words of programs."""
    sources = shelf()
    plugins = Plugins(**{f"program.{name}": find for name, find in found.items()})
    plugins.names = lambda group: list(plugins.kinds)
    sources.plugged = PluginKinds(plugins, lambda kind, error: None)
    return sources


def candidates(line, sources):
    wait_until(lambda: not answer(line, sources).is_pending, "the plugin's answer")
    return [one.text for one in answer(line, sources).candidates()]


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("!make ", ()),
        ("!/usr/bin/make ", ()),
        ("!make -s ", ("-s",)),
        ("ps | make -s ", ("-s",)),
        ("!true && make ", ()),
        (r"!C:\\bin\\make.exe ", ()),
    ],
)
def test_the_words_of_a_program_come_from_its_plugin(line, arguments):
    seen = []
    sources = programs(make=lambda context: seen.append(context) or ["all", "clean"])
    assert candidates(line, sources) == ["all", "clean"]
    assert seen[0].arguments == arguments
    assert seen[0].machine == "alpha"


def test_files_are_offered_where_a_plugin_has_nothing_for_the_word(tmp_path):
    (tmp_path / "Makefile").touch()
    sources = programs(make=lambda context: ["all"])
    sources.folders = shelf(tmp_path).folders
    assert candidates("!make ", sources) == ["all"]
    assert "Makefile" in candidates("!make Ma", sources)
    assert candidates("!other ", sources) == ["Makefile"]


def test_the_first_word_is_a_program_and_asks_no_plugin():
    sources = programs(make=lambda context: 1 / 0)
    assert "all" not in candidates("!ma", sources)


@pytest.mark.parametrize("fault", [lambda context: 1 / 0, lambda context: exit(3)])
def test_a_plugin_of_a_program_that_fails_leaves_the_files(tmp_path, fault):
    (tmp_path / "Makefile").touch()
    sources = programs(make=fault)
    sources.folders = shelf(tmp_path).folders
    assert candidates("!make ", sources) == ["Makefile"]
    assert candidates("!make ", sources) == ["Makefile"]


def test_what_a_plugin_prints_at_the_prompt_is_dropped(monkeypatch):
    import io
    import sys

    from machsh.plugin.printed import PrintedText

    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stdout", PrintedText(stderr))
    all_kinds, _ = kinds(noisy=lambda context: print("noise") or ["fine"])
    assert waited(all_kinds, "noisy").candidates == (Candidate("fine"),)
    print("told")
    assert stderr.getvalue() == "told\n"
