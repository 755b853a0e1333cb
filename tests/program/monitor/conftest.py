import pytest

from tests.integration.monitor.conftest import lab  # noqa: F401
from tests.support.screen import Screen


@pytest.fixture
def monitor(lab):  # noqa: F811
    """Starts the program on the lab's machines; gives its screen."""
    opened = []

    def start(*words, columns=110, lines=24, **variables):
        screen = Screen.machsh(
            lab.home,
            *(words or ("monitor",)),
            columns=columns,
            lines=lines,
            variables=variables,
            cwd=lab.home,
        )
        opened.append(screen)
        return screen

    yield start
    for screen in opened:
        screen.close()
