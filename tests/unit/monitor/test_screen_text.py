"""What the monitor draws: every width and height, hostile texts, silence, and the line of keys."""

import pytest

from machsh.monitor.machine_view import ContainerView, HostReading, MachineView
from machsh.monitor.screen_text import HELP, ScreenState, draw
from machsh.widths import width

NOW = 1000.0


def running(name, *containers, **more):
    host = HostReading(0.52, 2_500_000_000, 8_200_000_000, 45, 100)
    fields = {
        "state": "Running",
        "seen": NOW,
        "is_answering": True,
        "engine": "27.3.1",
        "cpus": 4,
        "host": host,
        "certificate_days": 89,
    }
    return MachineView(name, containers=containers, **{**fields, **more})


def burning(name="burn", **more):
    return ContainerView(
        f"id-{name}", name, "busybox:1", "running", "Up 5 minutes", 99.5, 52_000_000, 64_000_000, **more
    )


def screen(views, columns=120, rows=24, state=None):
    state = state or ScreenState()
    lines = state.arrangement.lines(views)
    drawn = draw(state, views, lines, NOW, (columns, rows))
    return ["".join(text for _, text in line).rstrip() for line in drawn]


def styles(views, text, state=None):
    state = state or ScreenState()
    state.arrangement.selected = ("nobody", "")
    lines = state.arrangement.lines(views)
    state.arrangement.selected = ("nobody", "")
    drawn = draw(state, views, lines, NOW, (120, 24))
    return {style for line in drawn for style, part in line if text in part}


TASK = "lnmdma9t159hy4072jwqsdqmq"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        (f"app_web.1.{TASK}", "app_web.1"),
        (f"app_agent.{TASK}.{TASK}", "app_agent"),
        (f"my.app_web.12.{TASK}", "my.app_web.12"),
        (f"web.{TASK}", f"web.{TASK}"),
        ("web.1.2", "web.1.2"),
    ],
)
def test_containers_of_services_are_shown_without_identities(name, short):
    assert burning(name).short_name == short
    state = ScreenState()
    state.arrangement.expanded.add("web-1")
    lines = screen([running("web-1", burning(name))], columns=80, state=state)
    assert lines[3].split()[0] == short
    assert ("CERTS" in lines[1]) is (len(short) < 14)


def test_a_machine_has_all_its_columns():
    lines = screen([running("web", burning(), cluster="prod", role="manager")])
    assert lines[0].startswith("1 machine: 1 running, 1 container ")
    assert lines[1].split() == [
        "NAME▲", "STATE", "CPU", "MEMORY", "LOAD", "DISK", "RUN", "CERTS", "ENGINE", "CLUSTER",
    ]  # fmt: skip
    assert lines[2].split() == [
        "▸", "web", "Running", "99.5%", "2.5GB/8.2GB", "0.52", "45%", "1/1", "89d", "27.3.1", "prod", "manager",
    ]  # fmt: skip
    assert lines[-1].startswith("? keys  q quit")


def test_an_expanded_machine_shows_its_containers_with_image_and_status():
    state = ScreenState()
    state.arrangement.expanded = {"web"}
    lines = screen([running("web", burning())], state=state)
    assert lines[2].startswith("▾ web")
    assert lines[3].split() == [
        "burn", "running", "99.5%", "52MB/64MB", "busybox:1", "Up", "5", "minutes",
    ]  # fmt: skip


def test_an_images_digest_leaves_room_for_the_status():
    state = ScreenState()
    state.arrangement.expanded = {"web"}
    task = ContainerView(
        "id", "app.1", f"busybox:latest@sha256:{'a' * 64}", "exited", "Exited (137) 2 hours ago"
    )
    assert screen([running("web", task)], columns=100, state=state)[3].endswith(
        "busybox:latest  Exited (137) 2 hours ago"
    )


def test_the_selected_line_is_cut_where_the_others_are():
    def row(selected):
        state = ScreenState()
        state.arrangement.expanded, state.arrangement.selected = {"web"}, selected
        return screen([running("web", burning())], columns=20, state=state)[3]

    assert row(("web", "id-burn")) == row(("web", "")) != ""


@pytest.mark.parametrize("selected", [("web", ""), ("web", "id-burn"), ("web", "note"), ("db", "")])
def test_the_selected_line_and_no_other_looks_so(selected):
    state = ScreenState()
    state.arrangement.expanded, state.arrangement.selected = {"web"}, selected
    views = [running("web", burning(), error="an error"), running("db")]
    lines = state.arrangement.lines(views)
    drawn = draw(state, views, lines, NOW, (120, 24))
    marked = [number for number, line in enumerate(drawn[2:]) if line and line[0][0] == "class:selected"]
    assert [lines[number].key for number in marked] == [selected]


def test_containers_of_a_machine_that_does_not_answer_are_grey():
    state = ScreenState()
    state.arrangement.expanded = {"web"}
    assert styles([running("web", burning(), is_answering=False)], "burn", state) == {"class:silent"}
    assert "class:silent" not in styles([running("web", burning())], "burn", state)


def test_what_is_not_known_is_blank():
    line = screen([running("web", host=None, certificate_days=None)])[2]
    assert line.split() == ["web", "Running", "0.0%", "0/0", "27.3.1"]
    assert screen([MachineView("new")])[2].split() == ["new", "asking"]


@pytest.mark.parametrize("columns", [1, 10, 39, 40, 41, 60, 80, 81, 120, 200])
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 10, 24])
@pytest.mark.parametrize("mode", ["", "filter", "help", "expanded"])
def test_no_screen_is_too_small(columns, rows, mode):
    views = [running(f"machine-{number}", burning(), error="an error " * 30) for number in range(30)]
    state = ScreenState(is_filtering=mode == "filter", shows_help=mode == "help")
    state.arrangement.expanded = {one.name for one in views} if mode == "expanded" else set()
    lines = state.arrangement.lines(views)
    state.arrangement.move(lines, 17)
    drawn = draw(state, views, lines, NOW, (columns, rows))
    assert len(drawn) <= rows
    assert max(width("".join(text for _, text in line)) for line in drawn) <= columns


def test_forty_columns_have_the_name_the_state_and_the_cpu():
    lines = screen([running("production-web-1", burning())], columns=40, rows=10)
    assert lines[1].split()[:3] == ["NAME▲", "STATE", "CPU"]
    assert "production-we" in lines[2]
    assert "99.5%" in lines[2]
    assert lines[-1].startswith("? keys  q quit")
    assert len(lines) == 10


def test_the_selected_line_is_always_among_those_shown():
    views = [running(f"m-{number}") for number in range(40)]
    state = ScreenState()
    for step in (39, -20, 5, -39):
        lines = state.arrangement.lines(views)
        state.arrangement.move(lines, step)
        name = state.arrangement.selected[0]
        assert any(f" {name} " in f"{line} " for line in screen(views, rows=10, state=state)), name


def test_a_silent_machine_is_grey_and_says_since_when():
    views = [running("web", seen=NOW - 12, is_answering=False)]
    assert "silent 12s" in screen(views)[2]
    assert screen(views)[0].startswith("1 machine: 0 running, 1 silent")
    assert styles(views, "silent 12s") == {"class:silent"}
    assert styles(views, "2.5GB") == {"class:silent"}


def test_a_machine_whose_thread_still_waits_for_an_answer_is_silent_too():
    assert "silent 7s" in screen([running("web", seen=NOW - 7)])[2]
    assert "Running" in screen([running("web", seen=NOW - 5)])[2]


def test_a_stopped_machine_is_not_silent():
    views = [running("web", state="Stopped", seen=NOW - 100, is_answering=False)]
    assert "Stopped" in screen(views)[2]
    assert screen(views)[0].startswith("1 machine: 0 running, 0 containers")


def test_what_is_nearly_full_and_what_ends_soon_has_a_warning():
    full = HostReading(9.0, 79, 80, 90, 100)
    views = [running("web", host=full, certificate_days=5), running("db", certificate_days=-1)]
    assert styles(views, "9.00") == {"class:warning"}
    assert styles(views, "79B/80B") == {"class:error"}
    assert styles(views, "90%") == {"class:warning"}
    assert styles(views, "  5d") == {"class:warning"}
    assert styles(views, "-1d") == {"class:error"}


def test_texts_of_engines_cannot_move_the_cursor():
    bad = "\x1b[2J\x1b]0;title\x07\u202e\nsecond"
    evil = ContainerView("id", f"a{bad}", f"b{bad}", f"run{bad}", f"Up{bad}")
    state = ScreenState()
    state.arrangement.expanded = {"web"}
    text = "".join(screen([running("web", evil, engine=bad, role=bad, error=bad)], state=state))
    assert not [letter for letter in text if not letter.isprintable()]


def test_wide_letters_do_not_break_the_columns():
    state = ScreenState()
    state.arrangement.expanded = {"web"}
    wide = ContainerView("id", "数据库数据库数据库数据库", "image", "running", "Up")
    for columns in (40, 80):
        for line in screen([running("web", wide)], columns=columns, state=state):
            assert width(line) <= columns


def test_the_sorted_column_is_marked():
    state = ScreenState()
    state.arrangement.sort_by("cpu")
    assert "CPU▼" in screen([running("web")], state=state)[1]
    state.arrangement.sort_by("cpu")
    assert "CPU▲" in screen([running("web")], state=state)[1]


def test_a_terminal_without_unicode_gets_no_arrows():
    state = ScreenState(is_ascii=True)
    assert "".join(screen([running("web", burning())], state=state)).isascii()


def test_nothing_to_show_says_why():
    assert "create makes one" in screen([])[2]
    state = ScreenState()
    state.arrangement.words = "nowhere"
    assert screen([running("web")], state=state)[2] == "nothing contains nowhere: Esc removes the filter"
    assert "filter: nowhere" in screen([running("web")], state=state)[0]


def test_the_page_of_keys_has_all_of_them():
    lines = screen([], state=ScreenState(shows_help=True))
    for keys, what in HELP:
        assert any(line.startswith(keys) and line.endswith(what) for line in lines)
