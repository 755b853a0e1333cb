"""Keys on the monitor's screen: on which row they act, also when they come faster than it is drawn."""

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from machsh.monitor.machine_view import ContainerView, MachineView
from machsh.monitor.monitor_screen import LOGS, LONGEST_FILTER, QUIT, SHELL, USE, MonitorAction, MonitorScreen

UP, DOWN, HOME, END, PAGE_UP, PAGE_DOWN = "\x1b[A", "\x1b[B", "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~"
PASTE = "\x1b[200~{}\x1b[201~"


def machine(name, *containers, **more):
    found = tuple(ContainerView(f"id-{one}", one, "nginx", "running") for one in containers)
    return MachineView(name, state="Running", is_answering=True, containers=found, **more)


FLEET = [machine("db", "cache"), machine("gone", error="no route to host"), machine("web", "app", "site")]
MANY = [machine(f"m{number:03}") for number in range(100)]


class ShownMachines:
    """Machines that do not change, in the place of those that are monitored."""

    is_complete = True

    def __init__(self, views):
        self._views = views
        self.watched = []

    def views(self):
        return self._views

    def watch(self, names):
        self.watched.append(names)


def pressed(keys, views=FLEET):
    """The screen after keys that all come at once, and what they end it with."""
    with create_pipe_input() as given:
        screen = MonitorScreen(ShownMachines(views), input=given, output=DummyOutput())
        given.send_text(keys)
        return screen, screen.run()


@pytest.mark.parametrize(
    ("keys", "action"),
    [
        ("u", MonitorAction(USE, "db")),
        ("jju", MonitorAction(USE, "web")),
        ("jjku", MonitorAction(USE, "gone")),
        (f"{DOWN}{DOWN}{UP}s", MonitorAction(SHELL, "gone")),
        ("Gl", MonitorAction(LOGS, "web")),
        ("Ggl", MonitorAction(LOGS, "db")),
        (f"{END}l", MonitorAction(LOGS, "web")),
        (f"{END}{HOME}l", MonitorAction(LOGS, "db")),
        ("\rjs", MonitorAction(SHELL, "db", "id-cache")),
        (" jl", MonitorAction(LOGS, "db", "id-cache")),
        ("\rjju", MonitorAction(USE, "gone")),
        ("*jjjjjl", MonitorAction(LOGS, "web", "id-app")),
        ("*jjjjj*l", MonitorAction(LOGS, "web")),
        ("j\rjs", MonitorAction(SHELL, "gone")),
        ("j\rjju", MonitorAction(USE, "web")),
        ("Rku", MonitorAction(USE, "gone")),
        ("Ru", MonitorAction(USE, "db")),
        ("/web\ru", MonitorAction(USE, "web")),
        ("/site\rjl", MonitorAction(LOGS, "web", "id-site")),
        ("/wex\x7fb\ru", MonitorAction(USE, "web")),
        ("/db\x15web\ru", MonitorAction(USE, "web")),
        (f"/{PASTE.format('web')}\ru", MonitorAction(USE, "web")),
        ("?qu", MonitorAction(USE, "db")),
        ("/zzz\rusq", MonitorAction(QUIT)),
        ("\x0cq", MonitorAction(QUIT)),
    ],
)
def test_keys_act_on_the_row_that_is_selected_by_those_before_them(keys, action):
    assert pressed(keys)[1] == action


def test_pages_go_down_and_up_by_what_fits():
    _, below = pressed(f"{PAGE_DOWN}{PAGE_DOWN}u", MANY)
    assert 20 < int(below.machine[1:]) < 100
    assert pressed(f"{PAGE_DOWN}{PAGE_DOWN}{PAGE_UP}{PAGE_UP}u", MANY)[1].machine == "m000"


def test_letters_go_to_the_filter_while_it_is_typed_and_no_others():
    screen, action = pressed(f"/quls?*\x07{'y' * 60}\rq")
    assert action == MonitorAction(QUIT)
    assert screen.state.arrangement.words == f"quls?*{'y' * 60}"[:LONGEST_FILTER]


def test_escape_takes_the_filter_away_also_while_it_is_typed():
    for keys in ("/web\x1bq", "/web\r\x1bq"):
        screen, action = pressed(keys)
        assert (action.kind, screen.state.arrangement.words, len(screen._lines)) == (QUIT, "", 3)


def test_a_signal_that_comes_when_the_screen_has_ended_breaks_nothing():
    screen, _ = pressed("q")
    screen._leave(MonitorAction(QUIT))


def test_only_the_machines_whose_containers_are_on_the_screen_are_read_often():
    screen, _ = pressed("q")
    assert screen._monitored.watched[-1] == set()
    with create_pipe_input() as given:
        screen = MonitorScreen(ShownMachines(FLEET), input=given, output=DummyOutput())
        screen.state.arrangement.expanded = {"web"}
        given.send_text("q")
        screen.run()
    assert screen._monitored.watched[0] == {"web"}


def test_a_row_that_goes_between_the_screen_and_the_key_is_not_exchanged_for_its_neighbour():
    machines = ShownMachines(FLEET)
    with create_pipe_input() as given:
        screen = MonitorScreen(machines, input=given, output=DummyOutput())

        def drawn_for_the_last_time():
            given.send_text("u")
            machines.views = lambda: FLEET[1:]
            return FLEET

        machines.views = drawn_for_the_last_time
        action = screen.run()
    assert action == MonitorAction(USE, "db")


def test_a_bug_in_drawing_ends_the_screen_and_is_told():
    with create_pipe_input() as given:
        screen = MonitorScreen(ShownMachines([None]), input=given, output=DummyOutput())
        given.send_text("q")
        with pytest.raises(AttributeError):
            screen.run()
