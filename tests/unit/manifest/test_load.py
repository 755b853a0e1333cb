"""Reading a manifest: what it means, and the line of what is wrong in it."""

import pytest

from machsh.errors import MachshError, UsageError
from machsh.manifest.manifest_error import ManifestError
from machsh.manifest.reading import document
from machsh.manifest.reading.load_variables import parse_variable
from machsh.options import Option
from tests.support.machines import FakeDriver
from tests.support.manifests import loaded

SHOP = """
[variables]
size = 3

[templates.small]
driver = "virtual"
fake-size = "${size}"
engine-label = ["role=web"]

[templates.big]
template = "small"
fake-size = "9"

[machines."web[1-2]"]
template = "small"
engine-label = ["number=${number}", "name=${name}", "costs=$$5"]

[machines.db]
template = "big"
protect = true

[clusters.prod]
managers = "db"
workers = "web[1-2]"
labels."web[1-2]" = { disk = "ssd" }
"""


def test_templates_counts_and_variables_are_resolved(tmp_path):
    found = loaded(tmp_path, SHOP)
    assert list(found.machines) == ["web1", "web2", "db"]
    assert found.fleet == "shop"
    second = found.machines["web2"]
    assert second.options == {
        "fake-size": "3",
        "engine-label": ["number=2", "name=web2", "costs=$5"],
    }
    assert found.machines["db"].options == {"fake-size": "9", "engine-label": ["role=web"]}
    assert (second.is_protected, found.machines["db"].is_protected) == (None, True)
    cluster = found.clusters["prod"]
    assert (cluster.managers, cluster.workers) == (("db",), ("web1", "web2"))
    assert cluster.labels == {"web1": {"disk": "ssd"}, "web2": {"disk": "ssd"}}


def test_a_given_variable_comes_before_the_files(tmp_path):
    assert loaded(tmp_path, SHOP, size="7").machines["web1"].options["fake-size"] == "7"


def test_an_option_that_is_not_given_has_the_value_that_create_gives_it(tmp_path):
    values = loaded(tmp_path, SHOP).machines["web1"].values
    assert values.text("engine-install-url") == "https://get.docker.com"
    assert values.given == {"fake-size", "engine-label"}


MACHINE = '[machines.web]\ndriver = "fake"\n'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("name = \n", 1, ""),
        ("machine = 1\n", 1, "did you mean machines"),
        ('[machines.web]\ndriver = "fake"\nfake-sice = "1"\n', 3, "did you mean fake-size"),
        ('[machines.web]\ndriver = "fak"\n', 2, 'Driver "fak" not found'),
        ("[machines.web]\n", 1, "has no driver"),
        ("[machines]\nweb = 1\n", 2, "must be a table"),
        (f"{MACHINE}protect = 'yes'\n", 3, "true or false"),
        (f"{MACHINE}engine-label = {{ a = 1 }}\n", 3, "must be a list of texts"),
        (f"{MACHINE}engine-label = [1.5]\n", 3, "must be a list of texts"),
        (f"{MACHINE}timeout = 'soon'\n", 3, "must be a whole number"),
        (f"{MACHINE}swarm = 'maybe'\n", 3, "must be true or false"),
        (f"{MACHINE}endpoint = 'telnet'\n", 3, "one of tls, ssh"),
        (f"{MACHINE}fake-size = '${{sice}}'\n", 3, "no variable ${sice}"),
        (f"{MACHINE}template = 'x'\n", 3, 'no template "x"'),
        (f"{MACHINE}dry-run = true\n", 3, 'unknown key "dry-run"'),
        (f"{MACHINE}if-missing = true\n", 3, 'unknown key "if-missing"'),
        (f"{MACHINE}resume = true\n", 3, 'unknown key "resume"'),
        (f"{MACHINE}fake-size = 'a\\u0000b'\n".replace("'", '"'), 3, "NUL"),
        (f'{MACHINE}[machines."web[1-"]\n', 3, "brackets"),
        (f'{MACHINE}[machines."web,x"]\n', 3, "Invalid hostname"),
        (f'{MACHINE}[machines."w[e]b"]\ndriver = "fake"\n', 3, "described twice"),
        (f"{MACHINE}[variables]\nname = 'x'\n", 4, "the machine's own name"),
        (f"{MACHINE}[variables]\nregion = {{}}\n", 4, "--var region=VALUE"),
        (f"{MACHINE}[secrets]\ntoken = 'x'\n", 4, "must be a table"),
        (f"{MACHINE}[secrets]\ntoken = {{}}\n", 4, "comes from one place"),
        (f"{MACHINE}[secrets]\ntoken = {{ file = 'x' }}\n", 4, 'unknown key "file"'),
        (f"{MACHINE}[clusters.c]\nmanagers = 'db'\n", 4, 'no machine "db"'),
        (f"{MACHINE}[clusters.c]\nmanagers = [1]\n", 4, "a text or a list of texts"),
        (f"{MACHINE}[clusters.c]\nmanager = 'web'\n", 4, "did you mean managers"),
        (f"{MACHINE}[clusters.c]\nmanagers = 'web'\n[clusters.d]\nmanagers = 'web'\n", 5, "in c and d"),
        (f"{MACHINE}[clusters.c]\nmanagers = 'web'\nlabels.web = 'x'\n", 5, "must be a table"),
        (f"{MACHINE}[clusters.c]\nmanagers = 'web'\nlabels.web = {{ 'a=b' = 'c' }}\n", 5, "labels are texts"),
        (f"{MACHINE}[clusters.c]\nmanagers = 'web'\nlabels.web = {{ '' = 'c' }}\n", 5, "labels are texts"),
        (f"{MACHINE}[clusters.c]\nmanagers = 'web'\nlabels.web = {{ a = true }}\n", 5, "labels are texts"),
        (f"{MACHINE}[stacks.app]\ncluster = 'c'\n", 3, "has no file"),
        (f"{MACHINE}[stacks.app]\nfile = 'c.yml'\n", 3, "has no cluster"),
        (f"{MACHINE}[stacks.app]\nfiles = 'c.yml'\n", 4, "did you mean file"),
        (f"{MACHINE}[stacks.app]\nfile = 'c.yml'\ncluster = 'c'\n", 5, 'no cluster "c" in the file'),
        (f"{MACHINE}[variables]\nx = [1]\n", 4, "must be a text, a number, or true or false"),
        (f"{MACHINE}[variables]\n'a b' = 'x'\n", 4, "no name for a variable"),
        (f"{MACHINE}[variables]\nx = '1'\n[secrets]\nx = {{ env = 'X' }}\n", 6, "is a variable, too"),
        (f"{MACHINE}[secrets]\n'a b' = {{ env = 'X' }}\n", 4, "no name for a variable"),
        (f"{MACHINE}[secrets]\nnumber = {{ env = 'X' }}\n", 4, "the machine's own number"),
        (f"{MACHINE}[secrets]\nx = {{ env = 'X', command = ['x'] }}\n", 4, "comes from one place"),
        (f"{MACHINE}[secrets]\nx = {{ command = [] }}\n", 4, "a list of texts"),
        (f"{MACHINE}[secrets]\nx = {{ command = ['a', 1] }}\n", 4, "a list of texts"),
        (f"{MACHINE}timeout = true\n", 3, "must be a whole number"),
        ("name = '.x'\n", 1, "no name for a fleet"),
        ("name = 'a/b'\n", 1, "no name for a fleet"),
        (f"name = '{'a' * 101}'\n", 1, "no name for a fleet"),
        ("name = ''\n", 1, "no name for a fleet"),
        (f"{MACHINE}[clusters.c]\nworkers = 'web'\n", 3, "has no managers"),
        (
            f"{MACHINE}[clusters.c]\nmanagers = 'web'\nlabels.db = {{ a = 'b' }}\n",
            5,
            "is not in this cluster",
        ),
        ("name = '../x'\n", 1, "no name for a fleet"),
        (f'{MACHINE}[clusters."a b"]\nmanagers = "web"\n', 3, "no name for a cluster"),
        (f'{MACHINE}[clusters.all]\nmanagers = "web"\n', 3, "means something in the shell"),
        (f'{MACHINE}[clusters.c]\nmanagers = "web"\n[stacks."a b"]\n', 5, "no name for a stack"),
        (f'{MACHINE}[clusters.c]\nmanagers = "@web"\n', 4, "it has no selections"),
        (f'{MACHINE}[clusters.c]\nmanagers = "we*"\n', 4, '"we*": Invalid hostname'),
        (f"{MACHINE}[clusters.c]\nmanagers = 'web'\nworkers = 'web'\n", 3, 'named twice, in the cluster "c"'),
        (f"{MACHINE}count = 3\n", 3, '[machines."web[1-3]"]'),
        (f"{MACHINE}nonsense = 3\n", 3, "machsh create -d fake --help"),
        ("include = ['x']\n", 1, "one file"),
        ("[[machines]]\nname = 'web'\n", 1, "[machines.NAME], and its keys below"),
        ("[machines]\nweb = 1\n", 2, "[machines.web], and its keys below"),
        (f"{MACHINE}[secrets]\ntoken = 'x'\n", 4, 'token = { env = "NAME" }'),
        (f"{MACHINE}[secrets]\ntoken = {{ command = 'x' }}\n", 4, 'command = ["a", "b"]'),
        (f"{MACHINE}[stacks.a]\nfile = 'x'\n", 3, 'write cluster = "prod"'),
        (f"{MACHINE}{MACHINE}", 3, "Cannot declare [machines.web] twice"),
        ("# of us\n\nmachines:\n  web:\n", 3, "looks like YAML"),
        ("services:\n", 1, "looks like YAML"),
        ("[machines.web[1-3]]\n", 1, 'stands in quotes: [machines."web[1-3]"]'),
        (f'{MACHINE}\n[machines.db]\ndriver = "fa\n\n', 5, "Illegal"),
        (f'{MACHINE}engine-label = """\nx\n', 4, "the file ends here"),
        (f'{MACHINE}[machines."w[1-99999999]"]\n', 3, "more than 1000 machines"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, text, line, said):
    with pytest.raises(ManifestError) as raised:
        loaded(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path / 'shop.toml'}:{line}: ")
    assert said in f"{raised.value} {raised.value.hint}"


def test_a_line_is_right_behind_texts_and_lists_of_several_lines(tmp_path):
    text = f'{MACHINE}engine-label = [\n  "a=1",\n  "b=2",\n]\nengine-env = ["""\n[x]\n""", "y"]\nwrong = 1\n'
    with pytest.raises(ManifestError, match=r":10: unknown key"):
        loaded(tmp_path, text)


def test_templates_that_take_over_each_other_are_refused(tmp_path):
    text = "[templates.a]\ntemplate = 'b'\n[templates.b]\ntemplate = ['a']\n[machines.web]\ntemplate = 'a'\n"
    with pytest.raises(ManifestError, match="a -> b -> a"):
        loaded(tmp_path, text)


def test_a_template_of_itself_is_refused(tmp_path):
    text = "[templates.a]\ntemplate = 'a'\n[machines.web]\ntemplate = 'a'\n"
    with pytest.raises(ManifestError, match=r":1: .* a -> a"):
        loaded(tmp_path, text)


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "x = " + "9" * 5000, "\x00", "= 1", "[a]\n[a]\n"])
def test_what_is_no_toml_is_one_clear_error(tmp_path, text):
    with pytest.raises(ManifestError):
        loaded(tmp_path, text)


def test_a_manifest_may_come_out_of_a_pipe(tmp_path, monkeypatch):
    said = {}
    monkeypatch.setattr(
        document, "read_text", lambda path, largest, *, takes_pipe: said.update(takes_pipe=takes_pipe) or ""
    )
    loaded(tmp_path, "")
    assert said == {"takes_pipe": True}


def test_a_file_that_is_missing_or_too_large_is_an_error(tmp_path):
    with pytest.raises(MachshError):
        loaded(tmp_path, "#" * (1 << 21))


def test_a_secret_of_the_environment_is_used_and_marked(tmp_path):
    text = f"{MACHINE}fake-size = '${{token}}'\n[secrets]\ntoken = {{ env = 'TOKEN' }}\n"
    found = loaded(tmp_path, text, variables={"TOKEN": "hush"})
    assert found.machines["web"].options == {"fake-size": "hush"}
    assert found.machines["web"].secret_options == {"fake-size"}
    assert found.hidden("it is hush, you see") == "it is (secret), you see"


def test_a_secret_that_is_missing_is_said_with_its_line(tmp_path):
    text = f"{MACHINE}fake-size = '${{token}}'\n[secrets]\ntoken = {{ env = 'TOKEN' }}\n"
    with pytest.raises(ManifestError, match=r":3: the secret token is missing: TOKEN is not set"):
        loaded(tmp_path, text)


def test_a_secret_that_nobody_uses_is_not_fetched(tmp_path):
    text = f"{MACHINE}[secrets]\ntoken = {{ command = ['/nonexistent/program'] }}\n"
    assert list(loaded(tmp_path, text).machines) == ["web"]


def test_a_variable_of_the_command_line_must_be_declared(tmp_path):
    with pytest.raises(MachshError, match='no variable "sice"') as raised:
        loaded(tmp_path, SHOP, sice="1")
    assert "size" in raised.value.hint


def test_a_value_of_hundreds_of_lines_costs_the_lines_behind_it_and_no_time(tmp_path):
    text = MACHINE + "engine-label = [\n" + '"a=b",\n' * 300 + "]\nwrong = 1\n"
    with pytest.raises(ManifestError, match=r":1: unknown key"):
        loaded(tmp_path, text)


def test_the_values_of_options_that_are_secret_are_marked_however_they_are_given(tmp_path, monkeypatch):
    monkeypatch.setattr(
        FakeDriver, "options", (*FakeDriver.options, Option("fake-token", "Who", secret=True))
    )
    found = loaded(tmp_path, f"{MACHINE}fake-token = 'hush'\nfake-size = '2'\n")
    assert found.machines["web"].secret_options == {"fake-token"}


def test_what_is_wrong_with_a_secret_does_not_tell_it(tmp_path):
    text = f"{MACHINE}timeout = '${{token}}'\n[secrets]\ntoken = {{ env = 'TOKEN' }}\n"
    with pytest.raises(ManifestError) as raised:
        loaded(tmp_path, text, variables={"TOKEN": "hush"})
    assert "hush" not in f"{raised.value} {raised.value.hint}"


def test_a_secret_within_another_is_hidden_with_it(tmp_path):
    text = (
        f"{MACHINE}fake-size = '${{short}}'\nengine-label = ['${{long}}']\n"
        "[secrets]\nshort = { env = 'SHORT' }\nlong = { env = 'LONG' }\n"
    )
    found = loaded(tmp_path, text, variables={"SHORT": "12", "LONG": "a12b"})
    assert found.hidden("12 and a12b") == "(secret) and (secret)"


def test_a_secret_that_is_empty_is_missing(tmp_path):
    text = f"{MACHINE}fake-size = '${{token}}'\n[secrets]\ntoken = {{ env = 'TOKEN' }}\n"
    with pytest.raises(ManifestError, match="TOKEN is not set"):
        loaded(tmp_path, text, variables={"TOKEN": ""})


def test_a_stacks_file_is_seen_from_the_manifest(tmp_path):
    text = f"{MACHINE}[clusters.c]\nmanagers = 'web'\n[stacks.app]\ncluster = 'c'\nfile = 'app/c.yml'\n"
    assert loaded(tmp_path, text).stacks["app"].file == tmp_path / "app" / "c.yml"


@pytest.mark.parametrize("word", ["size", "a b=1", "name=x", "number=1", "=x"])
def test_what_is_no_variable_of_the_command_line_is_refused(word):
    with pytest.raises(UsageError):
        parse_variable(word)


def test_a_variable_of_the_command_line_may_hold_anything():
    assert parse_variable("size=a=b") == ("size", "a=b")
    assert parse_variable("size=") == ("size", "")
