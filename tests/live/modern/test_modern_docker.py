"""docker 28 with buildx and compose, typed into the shell: through the relay, on engines 26 and 28."""

import time

import pytest

pytestmark = pytest.mark.live
DOCKERFILE = (
    'FROM busybox\nCOPY page /page\nRUN cat /page > /built\nCMD ["sh", "-c", "cat /built; sleep 600"]\n'
)
COMPOSE = """
services:
  front:
    build: .
    stop_grace_period: 0s
  back:
    image: busybox
    command: sleep 600
    stop_grace_period: 0s
"""
SECONDS = 60


@pytest.fixture
def project(home, machine):
    """A folder with something to build and to bring up."""
    folder = home.folder / f"shop-{machine.name}"
    folder.mkdir(exist_ok=True)
    (folder / "page").write_text("hello from the build\n")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "compose.yaml").write_text(COMPOSE)
    return folder


@pytest.fixture
def shell(home, machine, project):
    """The shell in the project's folder, on the machine, once docker goes through its relay."""
    with home.shell(project, machine.name) as screen:
        shell = Typist(screen, f"{machine.name} ❯")
        screen.wait_for(shell.prompt)
        ends = time.monotonic() + SECONDS
        while "unix://" not in shell.run("docker context inspect -f '{{.Endpoints.docker.Host}}'"):
            assert time.monotonic() < ends, "the relay does not come"
        yield shell


class Typist:
    """Someone who types a line, waits for the next prompt, and reads what came between."""

    def __init__(self, screen, prompt):
        self.screen = screen
        self.prompt = prompt

    def run(self, line):
        """What a line has brought, once it is done. Fails when the line does."""
        self.screen.press("ctrl-l").type(line).press("enter")
        self.screen.wait_until(lambda: len(self._prompts()) > 1, f"the end of {line}", SECONDS)
        shown = "\n".join(self.screen.lines)
        assert " exit " not in self._prompts()[-1], shown
        return shown

    def _prompts(self):
        """The lines with a prompt; beside the last one stands the exit code of a line that failed."""
        return [line for line in self.screen.lines if line.startswith(self.prompt)]


def test_buildkit_builds_through_the_relay(shell):
    built = shell.run("docker build -t shop .")
    assert "naming to docker.io/library/shop" in built  # BuildKit's words; the classic builder has others
    assert "docker:default" in built
    assert "hello from the build" in shell.run("docker run --rm shop cat /built")


def test_a_compose_project_from_up_to_down(shell):
    shell.run("docker compose up -d --build")
    assert shell.run("docker compose ps --format '{{.Service}} is {{.State}}'").count("is running") == 2
    assert "hello from the build" in shell.run("docker compose logs front")
    assert (
        "within back" in shell.run("docker compose exec back sh -c 'echo within back | cat'").splitlines()[1]
    )
    shell.screen.press("ctrl-l").type("docker compose stop ").press("tab")
    shell.screen.wait_for("front  shop").wait_for("back   shop").press("ctrl-u")
    assert "is exited" in shell.run(
        "compose stop back; docker compose ps -a back --format 'it is {{.State}}'"
    )
    shell.run("docker compose down")
    assert shell.run("docker ps -aq; echo nothing").splitlines()[1] == "nothing"
