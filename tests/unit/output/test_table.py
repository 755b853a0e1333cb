"""Rows under columns."""

import pytest

from machsh.output.console import cut, width
from machsh.output.results import Table
from machsh.output.table import as_csv, as_documents, fit, render
from machsh.output.theme import Theme

LS = Table(
    ("NAME", "ACTIVE", "DRIVER", "STATE", "URL", "SWARM", "DOCKER", "ERRORS"),
    [
        ("u1", "*", "generic", "Running", "tcp://127.0.0.1:12376", "", "v20.10.7", ""),
        ("u9", "-", "generic", "Stopped", "", "", "Unknown", ""),
    ],
)


def test_the_layout_is_docker_machines():
    assert render(LS).split("\n") == [
        "NAME   ACTIVE   DRIVER    STATE     URL                     SWARM   DOCKER     ERRORS",
        "u1     *        generic   Running   tcp://127.0.0.1:12376           v20.10.7   ",
        "u9     -        generic   Stopped                                   Unknown    ",
    ]


def test_a_narrow_column_takes_five():
    assert render(Table(("A", "B"), [("1", "2")])) == "A    B\n1    2"


def test_no_rows_leave_the_heading():
    assert render(Table(("NAME", "STATE"), [])) == "NAME   STATE"


def test_wide_letters_take_two_columns():
    lines = render(Table(("NAME", "STATE"), [("漢字漢字", "x"), ("e\u0301tage", "x"), ("plain", "x")])).split(
        "\n"
    )
    assert len({width(line[: line.index("x")]) for line in lines[1:]}) == 1


@pytest.mark.parametrize("columns", [1, 10, 20, 40, 60, 80, 100])
def test_lines_keep_to_the_screen(columns):
    lines = render(LS, None, columns).split("\n")
    assert [line for line in lines if width(line.rstrip()) > max(columns, 4)] == []


def test_empty_columns_give_way_first_then_gaps_then_the_right():
    assert render(LS, None, 80).split("\n")[0] == (
        "NAME   ACTIVE   DRIVER    STATE     URL                     DOCKER"
    )
    assert render(LS, None, 40).split("\n")[1] == "u1   *      generic Runni… tcp:/… v20.1…"
    assert render(LS, None, 20).split("\n")[1] == "u1   *     gen… Run…"


STATUS = Table(
    ("MACHINE", "ROLE", "AVAILABILITY", "ENGINE"),
    [("production-web-1", "manager (leader)", "active", "20.10.24+dfsg1")],
)


@pytest.mark.parametrize(("columns", "gap"), [(67, 3), (66, 2), (64, 2), (61, 1)])
def test_gaps_shrink_before_anything_is_cut(columns, gap):
    assert render(STATUS, None, columns).split("\n")[1] == (" " * gap).join(
        ["production-web-1", "manager (leader)", "active      ", "20.10.24+dfsg1"]
    )


def test_the_first_column_is_cut_last():
    assert "production-web-1" in render(STATUS, None, 50)
    assert "production-web-1" not in render(STATUS, None, 42)


def test_the_widest_column_gives_way():
    assert fit([4, 30, 20], 40) == [4, 15, 15]
    assert fit([4, 4, 4], 5) == [4, 4, 4]


def test_a_cell_stays_on_one_line():
    assert render(Table(("A",), [("x\ny",)]), None, 40) == "A\nx y"
    assert render(Table(("A",), [("x\ny",)])) == "A\nx\ny"


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("漢字漢字", 5, "漢字…"),
        ("漢字漢字", 4, "漢…"),
        ("ab", 1, "…"),
    ],
)
def test_cutting(text, columns, expected):
    assert cut(text, columns) == expected
    assert width(cut(text, columns)) <= columns


def test_looks_do_not_move_cells():
    table = Table(("NAME", "STATE"), [("a", "Running")], [("", "state.running")])
    assert render(table, Theme()) == "\x1b[1mNAME\x1b[0m   \x1b[1mSTATE\x1b[0m\na      \x1b[32mRunning\x1b[0m"


def test_csv_and_documents():
    table = Table(("NAME", "NOTE"), [("a", 'x, "y"')])
    assert as_csv(table) == 'NAME,NOTE\na,"x, ""y"""'
    assert as_documents(table) == [{"name": "a", "note": 'x, "y"'}]


def test_what_has_to_be_read_whole_stands_below_its_row_where_it_is_cut():
    told = "no: the address changed: machsh certs renew web-1"
    table = Table(("OF", "FITS"), [("web-1", told), ("web-2", "yes")], told=["FITS"])
    assert render(table, columns=30).split("\n") == [
        "OF      FITS",
        "web-1   no: the address chang…",
        "  no: the address changed:",
        "  machsh certs renew web-1",
        "web-2   yes",
    ]
    assert render(table, columns=80).count("\n") == 2
    assert render(table) == render(Table(table.columns, table.rows))


def test_what_is_told_below_is_cut_before_any_other_column():
    row = ("web-1", "localhost, 172.17.0.12", "no route to host at all")
    table = Table(("NAME", "NAMES", "ERRORS"), [row], told=["ERRORS"])
    assert "localhost, 172.17.0.12" in render(table, columns=44)
    assert "localhost, 172.17.0.12" not in render(Table(table.columns, table.rows), columns=44)


def test_a_table_that_is_cut_nowhere_tells_nothing_twice():
    told = "no: the address changed: machsh certs renew web-1"
    table = Table(("OF", "FITS"), [("web-1", told), ("web-2", "yes")], told=["FITS"])
    assert render(table) == render(Table(table.columns, table.rows))


def test_it_is_told_even_where_its_column_has_no_room():
    table = Table(("NAME", "STATE", "ERRORS"), [("web-1", "Running", "no route to host")], told=["ERRORS"])
    assert render(table, columns=12).split("\n")[-1].strip() == "no route to host"


def test_a_column_that_only_holds_what_is_told_makes_room_for_the_others():
    rows = [("web-1", "tcp://172.17.0.2:2376", "creation not finished"), ("db", "tcp://172.17.0.3:2376", "")]
    table = Table(("NAME", "URL", "ERRORS"), rows, told=["ERRORS"])
    assert render(table, columns=34).split("\n") == [
        "NAME    URL",
        "web-1   tcp://172.17.0.2:2376",
        "  creation not finished",
        "db      tcp://172.17.0.3:2376",
    ]
