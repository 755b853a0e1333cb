"""What the page of a cloud's driver prints works, and is what comes out: commands, and the lists of what is made."""

import re
import shlex

import pytest

from machsh import cli
from machsh.drivers.cloud.caller_address import VARIABLE
from machsh.testing.fakes import FakeEnvironment
from machsh.testing.network_faults import Liar, answering
from tests.support.cloud_stand_in import DRIVERS, cloud
from tests.support.places import TOP

ADDRESS = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n198.51.100.7\n")
CLOUDS = """
clouds:
  mine:
    region_name: RegionOne
    auth: {{auth_url: "{OS_AUTH_URL}", username: demo, password: fake-password, project_name: lab, user_domain_id: default, project_domain_id: default}}
"""


@pytest.fixture(params=DRIVERS)
def page(request, tmp_path):
    """A driver, the lines of its page, and what runs machsh against the driver's stand-in."""
    name = request.param
    with cloud(name) as (_, variables), Liar(ADDRESS) as service:
        more = {VARIABLE: f"http://127.0.0.1:{service.port}/", "AWS_EC2_METADATA_DISABLED": "true"}
        if name == "openstack":
            file = tmp_path / ".config" / "openstack" / "clouds.yaml"
            file.parent.mkdir(parents=True)
            file.write_text(CLOUDS.format(**variables))

        def run(*words):
            given = {**variables, **more}
            environment = FakeEnvironment(
                tmp_path, program="machsh", arguments=words, variables=given, terminal=False
            )
            code = cli.run(environment)
            return code, environment.out, environment.err

        yield name, (TOP / "docs" / "drivers" / f"{name}.md").read_text().splitlines(), run


def rows(lines):
    """The cells of the tables that begin with KIND, as they are printed."""
    found, is_table = [], False
    for line in lines:
        cells = re.split(r"\s{2,}", line.strip())
        is_table = bool(line.strip()) and (is_table or cells[0] == "KIND")
        found += [cells] if is_table else []
    return found


def test_each_command_of_a_page_works_and_its_list_is_one_of_theirs(page):
    _, lines, run = page
    commands = [line.strip() for line in lines if line.startswith("    machsh create ")]
    assert len(commands) >= 3
    printed = []
    for command in commands:
        words = [word for word in shlex.split(command, comments=True)[1:] if word != "--dry-run"]
        code, out, err = run(*words[:-1], "--dry-run", words[-1])
        assert code == 0, f"{command}: {out}{err}"
        printed.append(rows(out.splitlines()))
    assert rows(lines) in printed


def test_no_option_of_a_page_is_unknown(page):
    name, lines, run = page
    code, out, _ = run("create", "-d", name, "--help")
    assert code == 0
    prefix = f"--{name}-"
    known = set(re.findall(rf"{prefix}[a-z0-9-]+", out))
    named = set(re.findall(rf"{prefix}[a-z0-9-]+[a-z0-9]", "\n".join(lines)))
    hidden = {f"{prefix}endpoint", f"{prefix}nova-network"}
    assert named - known - hidden == set()
