"""Reading a manifest: what it means, and the line of what is wrong in it."""

import pytest

from machsh.errors import MachshError
from machsh.manifest.manifest_error import ManifestError
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
        (f"{MACHINE}[clusters.c]\nworkers = 'web'\n", 3, "has no managers"),
        (f"{MACHINE}[clusters.c]\nmanagers = 'web'\nworkers = 'web'\n", 3, "named twice"),
        (
            f"{MACHINE}[clusters.c]\nmanagers = 'web'\nlabels.db = {{ a = 'b' }}\n",
            5,
            "is not in this cluster",
        ),
        ("name = '../x'\n", 1, "no name for a fleet"),
        (f'{MACHINE}[clusters."a b"]\nmanagers = "web"\n', 3, "no name for a cluster"),
        (f'{MACHINE}[clusters.all]\nmanagers = "web"\n', 3, "means something in the shell"),
        (f'{MACHINE}[clusters.c]\nmanagers = "web"\n[stacks."a b"]\n', 5, "no name for a stack"),
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
