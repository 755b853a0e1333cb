"""Commands whose first word decides which options and words follow."""

import pytest

from machsh.commands.command_table import built_in, find
from machsh.commands.handlers.cluster_command import _HANDLERS
from machsh.commands.invocation import parsed
from machsh.errors import UsageError
from machsh.testing.fakes import FakeEnvironment

CLUSTER = find("cluster", built_in())


def test_the_verbs_are_those_that_are_handled():
    assert [one.name for one in CLUSTER.verbs] == list(_HANDLERS)


def test_each_option_goes_with_a_verb_and_each_verbs_option_is_there():
    named = {name for one in CLUSTER.verbs for name in one.options}
    assert named == {one.name for one in CLUSTER.options}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["status", "--force"], "--force does not go with cluster status"),
        (["init", "prod", "m1", "--manager"], "--manager does not go with cluster init"),
        (["--json", "leave", "m1"], "--json does not go with cluster leave"),
        (["ls", "-y"], "-y does not go with cluster ls"),
    ],
)
def test_an_option_of_another_verb_is_refused(words, said):
    with pytest.raises(UsageError) as raised:
        parsed(CLUSTER, words, FakeEnvironment(), ())
    assert str(raised.value) == said
    assert raised.value.hint.startswith("it goes with cluster ")


@pytest.mark.parametrize(
    "words", [["leave", "-f", "m1"], ["--force", "rm", "prod", "-y"], ["--json"], ["nonsense", "--force"], []]
)
def test_what_fits_or_is_told_elsewhere_is_taken(words):
    assert parsed(CLUSTER, words, FakeEnvironment(), ())
