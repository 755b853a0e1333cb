"""`monitor --once` as it is typed, and what `monitor` refuses."""

import json

from tests.integration.monitor.conftest import with_container, with_use


def once(lab, *words, **more):
    return lab.run("monitor", *words, program="machsh", **more)


def test_a_table_has_a_row_for_each_machine(lab):
    with_container(lab.machine("web"), "burn")
    lab.create("down")
    done = once(lab, "--once", "--timeout", "20")
    rows = [line.split() for line in done.out.splitlines()]
    assert done.code == 0, done.err
    assert rows[0][:3] == ["NAME", "STATE", "CPU"]
    assert [row[:2] for row in rows[1:]] == [["down", "no"], ["web", "Running"]]
    assert "connection refused" in done.out


def test_programs_get_all_that_is_known(lab):
    engine = lab.machine("web")
    with_container(engine, "burn")
    with_use(engine, "burn", 0, 0)
    done = once(lab, "--once", "--json", "--timeout", "3")
    (told,) = json.loads(done.out)
    assert (told["machine"], told["state"], told["answers"], told["engine"]) == (
        "web",
        "Running",
        True,
        "27.3.1",
    )
    assert told["host"] is None
    (container,) = told["containers"]
    assert (container["name"], container["memory"], container["memoryLimit"]) == (
        "burn",
        50_000_000,
        64_000_000,
    )


def test_a_machine_that_takes_too_long_is_told_as_such(lab):
    engine = lab.machine("web")
    engine.freeze()
    done = once(lab, "--once", "--json", "--timeout", "1")
    (told,) = json.loads(done.out)
    assert (told["state"], told["answers"]) == ("Timeout", False)


def test_machines_are_in_the_order_of_their_names(lab):
    for name in ("w-10", "w-2", "w-1"):
        lab.create(name)
    told = json.loads(once(lab, "--once", "--json", "--timeout", "5").out)
    assert [one["machine"] for one in told] == ["w-1", "w-2", "w-10"]


def test_words_choose_the_machines(lab):
    for name in ("web-1", "web-2", "db"):
        lab.create(name)
    told = json.loads(once(lab, "--once", "--json", "@web*", "--timeout", "5").out)
    assert [one["machine"] for one in told] == ["web-1", "web-2"]
    told = json.loads(once(lab, "--once", "--json", "db", "--timeout", "5").out)
    assert [one["machine"] for one in told] == ["db"]


def test_an_empty_store_is_an_empty_table(lab):
    assert once(lab, "--once", "--json").out.strip() == "[]"
    assert len(once(lab, "--once").out.splitlines()) == 1


def test_what_cannot_be_is_refused_with_what_can(lab):
    lab.create("web")
    for words, said, hint in (
        ([], "needs a terminal", "monitor --once prints a table"),
        (["--json"], "--json needs --once", "monitor --once --json"),
        (["--interval", "0"], "--interval 0 is not between 1 and 3600", ""),
        (["--once", "--interval", "3601"], "--interval 3601 is not between 1 and 3600", ""),
        (["--once", "wbe"], '"wbe" does not exist', "web"),
        (["--once", "@nobody*"], "there is no such machine", "ls"),
        (["--once", "local"], "local is no machine", "docker stats"),
    ):
        done = once(lab, *words)
        assert done.code != 0
        assert said in done.err
        assert hint in done.err


def test_a_terminal_that_can_only_print_is_told_what_works_there(lab):
    for variables in ({"TERM": "dumb"}, {"TERM": ""}):
        done = once(lab, terminal=True, variables=variables)
        assert done.code == 2
        assert "--once" in done.err


def test_docker_machine_does_not_know_it(lab):
    assert "monitor" not in lab.run("--help").out
    assert lab.run("monitor", "--once").code != 0
