"""Tokens, orphans, answers for completion, options and errors: what drivers of clouds share."""

from datetime import UTC
from pathlib import Path

import pytest
import requests

from machsh.drivers.cloud.cloud_orphans import CloudOrphans, provider_time
from machsh.drivers.cloud.cloud_tags import CloudTags
from machsh.drivers.cloud.option_checks import option_file, option_pairs, option_text, refuse_options
from machsh.drivers.cloud.provider_reach import innermost_reason, reaching
from machsh.drivers.cloud.recent_answers import RecentAnswers, given_value
from machsh.drivers.cloud.token_search import ProgramContexts, TokenSearch
from machsh.drivers.driver import Orphan
from machsh.drivers.store_identity import store_id
from machsh.errors import DeadlineError, MachshError, UsageError
from machsh.testing.fakes import FakeEnvironment, fake_context

CONTEXTS = {"": "active's", "home": "home's"}
TOKENS = TokenSearch(
    "token for Lab",
    "--lab-token",
    ("LAB_TOKEN", "LAB_API_TOKEN"),
    "make one",
    later_variable="LAB_TOKEN",
    contexts=ProgramContexts(
        "labctl",
        "LAB_CONTEXT",
        file=lambda environment: Path("/lab.toml"),
        token_of=lambda environment, name: CONTEXTS.get(name, ""),
        active=lambda environment: "work",
    ),
)


def environment(**variables):
    return FakeEnvironment(variables=variables)


@pytest.mark.parametrize(
    ("variables", "given", "value"),
    [
        ({"LAB_TOKEN": "v"}, {"given": "g", "stored": "s"}, "g"),
        ({"LAB_TOKEN": "v"}, {"stored": "s", "context": "home"}, "home's"),
        ({"LAB_TOKEN": "v"}, {"stored": "s"}, "s"),
        ({"LAB_TOKEN": "v", "LAB_API_TOKEN": "w"}, {}, "v"),
        ({"LAB_API_TOKEN": "w"}, {}, "w"),
        ({"LAB_CONTEXT": "home"}, {}, "home's"),
        ({}, {}, "active's"),
    ],
)
def test_a_token_is_looked_for_in_one_order(variables, given, value):
    assert TOKENS.find(environment(**variables), **given).value == value


def test_a_token_that_is_nowhere_is_told_with_all_places():
    with pytest.raises(UsageError, match="no token for Lab") as caught:
        TOKENS.find(environment(LAB_CONTEXT="lost"))
    places = "--lab-token, LAB_TOKEN, LAB_API_TOKEN, labctl's context lost in /lab.toml; make one"
    assert caught.value.hint == f"looked at: {places}"


@pytest.mark.parametrize(
    ("variables", "context"), [({}, "work"), ({"LAB_CONTEXT": "home"}, "home"), ({"LAB_TOKEN": "v"}, "")]
)
def test_the_context_of_a_token_is_known(variables, context):
    where = environment(**variables)
    assert TOKENS.active_context(where, TOKENS.find(where)) == context


def test_an_options_token_that_its_variable_has_is_no_secret_of_the_line():
    where = environment(LAB_TOKEN="v")
    assert [TOKENS.not_in_variables(where, one) for one in ("v", "g")] == ["", "g"]


def test_a_provider_without_contexts_has_options_and_variables_only():
    plain = TokenSearch("token for Lab", "--lab-token", ("LAB_TOKEN",), "make one", "LAB_TOKEN")
    found = plain.find(environment(LAB_TOKEN="v"))
    assert (found.value, plain.active_context(environment(), found)) == ("v", "")
    assert plain.later_places == "later commands take it from LAB_TOKEN"
    with pytest.raises(UsageError) as caught:
        plain.find(environment())
    assert caught.value.hint == "looked at: --lab-token, LAB_TOKEN; make one"


def orphan(number, **more):
    return Orphan("web", "server", number, **more)


def test_orphans_are_what_no_known_record_has_made(tmp_path):
    context = fake_context(tmp_path)
    search = CloudOrphans(context, tmp_path, ["known", ""])
    mine = store_id(tmp_path)
    search.add(CloudTags("web", mine, "known"), orphan("1"))
    search.add(None, orphan("2"))
    search.add(CloudTags("web", mine, "lost"), orphan("3", cost="per hour", place="here"))
    search.add(CloudTags("web", mine, "lost"), orphan("3", place="the same, elsewhere"))
    search.add(CloudTags("db", "other", "lost"), orphan("x/A"))
    search.add(CloudTags("db", "other", "lost"), orphan("X/a"))
    search.add(CloudTags("db", "", "lost"), orphan("5"))
    assert search.orphans == [
        orphan("3", machine="web", cost="per hour", place="here"),
        orphan("x/A", machine="db", store="other"),
        orphan("5", machine="db", store="an unknown store"),
    ]


@pytest.mark.parametrize(
    ("words", "is_warned"),
    [
        ({}, True),
        ({"is_in_use": False}, False),
        ({"is_in_use": False, "quiet": UsageError}, True),
        ({"is_in_use": True, "quiet": UsageError}, True),
    ],
)
def test_a_place_that_cannot_be_asked_keeps_no_other_from_being_asked(tmp_path, words, is_warned):
    context = fake_context(tmp_path)
    with CloudOrphans(context, tmp_path, []).asking("the account", **words):
        raise MachshError("it is closed")
    told = ["the account cannot be asked: it is closed"]
    assert context.progress.texts("warning") == (told if is_warned else [])


@pytest.mark.parametrize(
    ("text", "zone", "shown"),
    [
        ("2026-01-02T03:04:05Z", None, "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05", UTC, "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05", None, None),
        ("yesterday", UTC, None),
        (None, UTC, None),
    ],
)
def test_a_providers_time_is_read(text, zone, shown):
    found = provider_time(text, zone)
    assert (found and found.isoformat()) == shown


def test_an_answer_is_kept_while_it_is_fresh():
    asked = []

    def ask():
        asked.append(1)
        return iter([("a", "")])

    answers = RecentAnswers()
    assert [answers.get("q", ask) for _ in range(3)] == [[("a", "")]] * 3
    assert len(asked) == 1
    assert answers.get("r", lambda: []) == answers.get("r", lambda: asked.append(2)) == []
    stale = RecentAnswers(fresh_seconds=0.0)
    assert [stale.get("q", ask) for _ in range(2)] == [[("a", "")]] * 2
    assert len(asked) == 3


def test_where_nobody_can_be_asked_the_next_one_asks_again():
    answers = RecentAnswers()
    assert answers.get("q", lambda: None) == []
    assert answers.get("q", lambda: [("a", "")]) == [("a", "")]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["create", "--lab-zone", "b", "web"], "b"),
        (["--lab-zone=c"], "c"),
        (["--lab-zone"], "v"),
        ([], "v"),
        (["--lab-zones=d"], "v"),
    ],
)
def test_a_value_is_read_from_the_line_else_from_the_variable(words, value):
    assert given_value("lab-zone", words, {"LAB_ZONE": "v"}, "LAB_ZONE") == value


def test_options_are_refused_with_the_first_reason():
    refuse_options({"a": False, "b": ""}, "help")
    with pytest.raises(UsageError, match=r"^b$") as caught:
        refuse_options({"a": False, "b": "x", "c": True}, "help")
    assert caught.value.hint == "help"


def test_pairs_are_read_as_docker_machine_does():
    assert option_pairs("a,1,b,2", "lab-tags") == {"a": "1", "b": "2"}
    assert option_pairs("", "lab-tags") == {}
    with pytest.raises(UsageError, match="--lab-tags a,1,b: there is a key without a value"):
        option_pairs("a,1,b", "lab-tags")


def test_a_file_of_an_option_is_found_and_read(tmp_path):
    where, file = FakeEnvironment(), tmp_path / "data"
    file.write_text("#cloud-config\n")
    assert option_file(str(file), "lab-file", where) == str(file)
    assert option_file("", "lab-file", where) == ""
    assert option_text(file, "lab-file") == "#cloud-config\n"
    with pytest.raises(UsageError, match=r"--lab-file .*lost: there is no such file"):
        option_file(str(tmp_path / "lost"), "lab-file", where)
    file.write_bytes(b"\xff\xfe\xff")
    for path in (tmp_path / "lost", tmp_path, file):
        with pytest.raises(UsageError, match=f"--lab-file {path}: "):
            option_text(path, "lab-file")


def fails(error):
    try:
        raise OSError("the cable is cut")
    except OSError:
        raise error  # noqa: B904 - as libraries do


def test_what_the_network_does_is_told_in_one_line():
    with pytest.raises(DeadlineError, match=r"^making it: Lab did not answer in time$"):
        with reaching("making it", "Lab", "status.lab"):
            raise requests.ReadTimeout("pool")
    with pytest.raises(MachshError, match=r"^making it: Lab cannot be reached: the cable is cut$") as caught:
        with reaching("making it", "Lab", "status.lab"):
            fails(requests.ConnectionError("<object at 0x7f>"))
    assert caught.value.hint == "look at the network, and at status.lab"
    assert innermost_reason(ValueError()) == "ValueError"
