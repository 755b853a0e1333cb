"""Help as docker-machine 0.16 prints it, tabs and all; and ours."""
# ruff: noqa: W293

import pytest

from machsh.commands import help as texts
from machsh.commands.command_table import built_in, find
from machsh.commands.version import typed_line
from machsh.drivers.none import NoneDriver
from machsh.go.tabwriter import align
from machsh.options import Option
from machsh.testing.fakes import FakeEnvironment

CLASSIC = FakeEnvironment("/Users/Koitaro", program="docker-machine")
OURS = FakeEnvironment("/home/user")

OPTIONS = """\
Options:
  --debug, -D						Enable debug mode
  --storage-path, -s "/Users/Koitaro/.docker/machine"	Configures storage path [$MACHINE_STORAGE_PATH]
  --tls-ca-cert 					CA to verify remotes against [$MACHINE_TLS_CA_CERT]
  --tls-ca-key 						Private key to generate certificates [$MACHINE_TLS_CA_KEY]
  --tls-client-cert 					Client cert to use for TLS [$MACHINE_TLS_CLIENT_CERT]
  --tls-client-key 					Private key used in client TLS auth [$MACHINE_TLS_CLIENT_KEY]
  --github-api-token 					Token to use for requests to the Github API [$MACHINE_GITHUB_API_TOKEN]
  --native-ssh						Use the native (Go-based) SSH implementation. [$MACHINE_NATIVE_SSH]
  --bugsnag-api-token 					BugSnag API token for crash reporting [$MACHINE_BUGSNAG_API_TOKEN]
  --help, -h						show help
  --version, -v						print the version
  
Commands:
  active		Print which machine is active
  config		Print the connection config for machine
  create		Create a machine
  env			Display the commands to set up the environment for the Docker client
  inspect		Inspect information about a machine
  ip			Get the IP address of a machine
  kill			Kill a machine
  ls			List machines
  provision		Re-provision existing machines
  regenerate-certs	Regenerate TLS Certificates for a machine
  restart		Restart a machine
  rm			Remove a machine
  ssh			Log into or run a command on a machine with SSH.
  scp			Copy files between machines
  mount			Mount or unmount a directory from a machine with SSHFS.
  start			Start a machine
  status		Get the status of a machine
  stop			Stop a machine
  upgrade		Upgrade a machine to the latest version of Docker
  url			Get the URL of a machine
  version		Show the Docker Machine version or a machine docker version
  help			Shows a list of commands or help for one command
  
Run 'docker-machine COMMAND --help' for more information on a command."""

CREATE_BEGINS = """\
Usage: docker-machine create [OPTIONS] [arg...]

Create a machine

Description:
   Run 'docker-machine create --driver name --help' to include the create flags for that driver in the help text.

Options:
   
   --driver, -d "virtualbox"										Driver to create machine with. [$MACHINE_DRIVER]
   --engine-env [--engine-env option --engine-env option]						Specify environment variables to set in the engine
"""


def test_the_application():
    text = texts.application(CLASSIC, built_in())
    assert text.startswith("Usage: docker-machine [OPTIONS] COMMAND [arg...]\n\nCreate and manage machines")
    assert text[text.index("Options:") :] == OPTIONS


def test_create_with_the_options_of_a_driver_sorted_by_their_text():
    text = texts.of_command(find("create", built_in()), CLASSIC, NoneDriver.options)
    assert text.startswith(CREATE_BEGINS)
    options = [line for line in text.splitlines() if line.startswith("   -")]
    assert options == sorted(options)
    assert options[-1].split("\t")[0] == "   --url "
    assert "if-missing" not in text


@pytest.mark.parametrize("command", built_in(), ids=lambda command: command.name)
def test_every_command_has_help_of_ours(command):
    text = texts.of_command(command, OURS)
    assert text.startswith(f"{command.summary.rstrip('.')}.\n\n  machsh {command.name}")
    for option in command.options:
        assert option.hidden or f"-{option.name}" in text
    for line in text.splitlines():
        assert "\t" not in line


def test_our_help_lists_every_command():
    text = texts.application(OURS, built_in())
    assert [command.name for command in built_in() if f"  {command.name} " not in text] == []


def test_columns_of_tabs():
    assert align([("a", "x"), ("1234567", "y")]) == ["a\tx", "1234567\ty"]
    assert align([("a", "x"), ("12345678", "y")]) == ["a\t\tx", "12345678\ty"]


def test_the_program_as_it_was_typed(tmp_path):
    program = tmp_path / "docker-machine"
    program.write_text("")
    program.chmod(0o755)
    found = FakeEnvironment(program=str(program), arguments=("env", "m"), variables={"PATH": str(tmp_path)})
    assert found.called_as == "docker-machine"
    elsewhere = FakeEnvironment(program=str(program), arguments=("env", "m"))
    assert elsewhere.called_as == str(program)
    blanks = FakeEnvironment(program="/my tools/docker-machine", arguments=("env", "m"))
    assert typed_line(blanks) == '"/my tools/docker-machine" env m'


def test_a_drivers_hidden_options_are_not_in_its_help():
    options = (Option("x-region", "Where"), Option("x-old-region", "Where, formerly", hidden=True))
    text = texts.of_command(find("create", built_in()), OURS, options)
    assert "--x-region" in text
    assert "--x-old-region" not in text
