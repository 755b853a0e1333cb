"""Which lines the monitor shows, in which order, and where the selection stays."""

from machsh.monitor.arrangement import ORDERS, Arrangement
from machsh.monitor.columns import COLUMNS
from machsh.monitor.machine_view import ContainerView, HostReading, MachineView


def machine(name, *containers, state="Running", load=None, error="", **more):
    host = HostReading(load, 1, 2, 1, 2) if load is not None else None
    return MachineView(name, state=state, host=host, containers=containers, error=error, **more)


def container(name, cpu=None, image="nginx", state="running"):
    return ContainerView(f"id-{name}", name, image, state, cpu=cpu)


def names(lines):
    return [line.note or (line.container.name if line.container else line.machine.name) for line in lines]


FLEET = [
    machine("web-10", container("site", 50.0), load=1.0),
    machine("web-2", container("site", 150.0), container("cache", 1.0, "redis"), load=3.0),
    machine("db", state="Stopped"),
]


def test_names_are_in_natural_order():
    assert names(Arrangement().lines(FLEET)) == ["db", "web-2", "web-10"]


def test_numbers_are_sorted_from_the_largest_and_what_has_none_comes_last():
    chosen = Arrangement(order="load")
    assert names(chosen.lines(FLEET)) == ["web-2", "web-10", "db"]
    chosen.sort_by("load")
    assert names(chosen.lines(FLEET)) == ["web-10", "web-2", "db"]


def test_who_does_not_answer_stands_together_and_is_found_by_what_is_shown():
    answers = {"is_answering": True}
    fleet = [machine("a", **answers), machine("b"), machine("c", **answers), machine("d", state="Stopped")]
    assert names(Arrangement(order="state").lines(fleet)) == ["a", "c", "d", "b"]
    for words in ("silent", "no answer"):
        assert names(Arrangement(words=words).lines(fleet)) == ["b"]
    assert names(Arrangement(words="running").lines(fleet)) == ["a", "c"]


def test_every_column_can_be_sorted_by_and_neighbours_go_around():
    assert [column.order for column in COLUMNS] == list(ORDERS)
    chosen = Arrangement()
    for order in ORDERS:
        assert chosen.order == order
        assert len(chosen.lines(FLEET)) == 3
        chosen.sort_by_neighbour(1)
    assert chosen.order == ORDERS[0]
    chosen.sort_by_neighbour(-1)
    assert chosen.order == ORDERS[-1]


def test_an_expanded_machine_shows_its_containers_in_the_same_order():
    chosen = Arrangement(order="cpu", expanded={"web-2"})
    assert names(chosen.lines(FLEET)) == ["web-2", "site", "cache", "web-10", "db"]
    chosen.sort_by("name")
    assert names(chosen.lines(FLEET)) == ["db", "web-2", "cache", "site", "web-10"]


def test_an_expanded_machine_says_what_is_wrong_with_it():
    chosen = Arrangement(expanded={"a"})
    assert names(chosen.lines([machine("a", error="no route to host")])) == ["a", "no route to host"]


def test_why_a_host_is_not_read_is_said_if_nothing_worse_is():
    chosen = Arrangement(expanded={"a"})
    assert names(chosen.lines([machine("a", host_error="no answer over ssh")])) == ["a", "no answer over ssh"]
    both = machine("a", host_error="no answer over ssh", error="no route to host")
    assert names(chosen.lines([both])) == ["a", "no route to host"]


def test_moves_go_past_what_is_said_of_a_machine():
    fleet = [machine("a", error="no route to host"), machine("b")]
    chosen = Arrangement(expanded={"a"})
    for place in (1, 2, 1, 0):
        chosen.move(chosen.lines(fleet), 1 if place > chosen.place else -1)
        chosen.lines(fleet)
        assert chosen.place == place


def test_the_filter_takes_machines_by_any_of_their_words_and_shows_containers_that_match():
    chosen = Arrangement(words="STOPPED")
    assert names(chosen.lines(FLEET)) == ["db"]
    chosen.words = "redis"
    assert names(chosen.lines(FLEET)) == ["web-2", "cache"]
    chosen.words = "web 10"
    assert names(chosen.lines(FLEET)) == ["web-10"]
    chosen.words = "nowhere"
    assert chosen.lines(FLEET) == []


def test_the_selection_follows_its_line_when_the_order_changes():
    chosen = Arrangement()
    chosen.move(chosen.lines(FLEET), 1)
    assert chosen.selected == ("web-2", "")
    chosen.sort_by("load")
    chosen.lines(FLEET)
    assert (chosen.selected, chosen.place) == (("web-2", ""), 0)


def test_a_line_that_goes_leaves_the_selection_in_its_place():
    chosen = Arrangement()
    chosen.move(chosen.lines(FLEET), 2)
    assert chosen.selected == ("web-10", "")
    chosen.lines([one for one in FLEET if one.name != "web-10"])
    assert chosen.selected == ("web-2", "")
    chosen.lines([])
    assert chosen.selected == ("", "")
    chosen.move([], 1)
    chosen.toggle()
    assert chosen.expanded == set()


def test_moves_end_at_the_first_and_the_last_line():
    chosen = Arrangement()
    lines = chosen.lines(FLEET)
    chosen.move(lines, 1 << 30)
    assert chosen.place == 2
    chosen.move(lines, -(1 << 30))
    assert chosen.place == 0


def test_hiding_the_containers_selects_their_machine():
    chosen = Arrangement(expanded={"web-2"})
    chosen.selected = ("web-2", "id-cache")
    chosen.toggle()
    assert (chosen.expanded, chosen.selected) == (set(), ("web-2", ""))
    chosen.toggle_all(FLEET)
    assert chosen.expanded == {"db", "web-2", "web-10"}
    chosen.lines(FLEET)
    chosen.selected = ("web-2", "id-site")
    chosen.lines(FLEET)
    chosen.toggle_all(FLEET)
    chosen.lines(FLEET)
    assert (chosen.expanded, chosen.selected) == (set(), ("web-2", ""))
