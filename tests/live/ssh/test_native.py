"""`--native-ssh` on a real sshd answers as the system's ssh does."""

import pytest

from tests.live.sshd import USER, running
from tests.support.processes import add_generic, run

pytestmark = pytest.mark.live


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with running(tmp_path / "sshd") as sshd:
        add_generic(home, "web", sshd.port, user=USER)
        key = home / ".docker" / "machine" / "machines" / "web" / "id_rsa"
        key.write_bytes(sshd.key.read_bytes())
        yield home


@pytest.mark.parametrize("name", ["machsh", "docker-machine"])
@pytest.mark.parametrize(
    "words",
    [
        ["--", "echo", "hi"],
        ["echo", "hi"],
        ["echo", "--", "hi"],
        ["-t", "--", "echo", "hi"],
        ["--", "exit 7"],
    ],
    ids=str,
)
def test_words_after_the_name_mean_the_same(home, name, words):
    by_openssh = run(home, "ssh", "web", *words, name=name)
    by_ours = run(home, "--native-ssh", "ssh", "web", *words, name=name)
    assert (by_ours[0], by_ours[1].replace("\r", "")) == (by_openssh[0], by_openssh[1].replace("\r", ""))
