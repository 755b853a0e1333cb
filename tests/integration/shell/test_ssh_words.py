"""What is offered for `adopt --ssh`: the hosts of the user's ssh configuration."""

from types import SimpleNamespace

import pytest

from machsh.shell.background import BackgroundWorker
from machsh.shell.completion.lookup import SOURCES
from machsh.shell.completion.paths import Folders
from tests.support.waiting import wait_until


@pytest.fixture
def sources(tmp_path):
    (tmp_path / ".ssh").mkdir()
    return SimpleNamespace(
        folders=Folders(BackgroundWorker("test"), lambda: str(tmp_path / "elsewhere"), str(tmp_path))
    )


def offered(sources, typed=""):
    offer = SOURCES["ssh-host"]
    wait_until(lambda: not offer(sources, None, typed).is_pending)
    return [one.text for one in offer(sources, None, typed).candidates]


def test_hosts_of_the_file_and_of_those_that_it_includes(sources, tmp_path):
    folder = tmp_path / ".ssh"
    (folder / "config").write_text("Include machsh_config\nHost shop *.example.org !x\n  User me\nhost=db\n")
    (folder / "machsh_config").write_text("Host machsh-web\nInclude config\n")
    assert sorted(offered(sources)) == ["db", "machsh-web", "shop"]
    assert "me@shop" in offered(sources, "me@s")


@pytest.mark.parametrize("text", ["", "Host", "Host *", "\x00", "Include " + " ".join(map(str, range(999)))])
def test_a_file_without_hosts_offers_none(sources, tmp_path, text):
    (tmp_path / ".ssh" / "config").write_text(text)
    assert offered(sources) == []
