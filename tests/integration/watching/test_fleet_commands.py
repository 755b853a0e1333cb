"""`events`, `logs`, `df` and `prune` in a session: what is ours, what is docker's, and what is asked."""

import json
import re

import pytest

from machsh.session.resolve import DockerCommand, OurCommand, resolve
from machsh.session.session import Mode
from machsh.watching import merged_feeds
from machsh.watching.engines import dialer_of, requests_to
from tests.support.feed_engine import FeedEngine
from tests.support.sessions import home, open_one  # noqa: F401
from tests.support.stores import add_machine


@pytest.fixture
def fleet(open_one, home):  # noqa: F811
    with FeedEngine(home / "web.sock") as web, FeedEngine(home / "db.sock") as db:
        session = open_one(Mode.BATCH)
        for name, engine in (("web", web), ("db", db)):
            add_machine(session.machines.store, name, URL=f"unix://{engine.path}")
        yield session, web, db


def test_events_and_logs_are_dockers_unless_a_selection_follows(fleet):
    session, *_ = fleet
    for line in (["events"], ["logs", "-f", "site"], ["logs", "web"], ["events", "--since", "1h"]):
        assert isinstance(resolve(line, session), DockerCommand), line
    for line in (["events", "@all"], ["logs", "@web*", "-f", "site"], ["machine", "events", "@all"]):
        assert isinstance(resolve(line, session), OurCommand), line


def test_logs_are_labelled_and_a_machine_without_the_container_is_no_failure(fleet):
    session, web, _ = fleet
    web.feeds["logs"] = [(b"2026-11-29T01:00:00Z hello\n", True)]
    assert session.runner.execute("logs @all site") == 0
    assert session.environment.out == "web | hello\n"
    assert web.requests[-1].startswith("/containers/site/logs?")
    assert "db: No such container" in session.environment.err
    assert session.runner.execute("logs @db site") == 1


def test_what_a_container_says_on_its_error_stream_stays_there(fleet):
    session, web, _ = fleet
    line = b"2026-11-29T01:00:00Z oh no\n"
    web.feeds["logs"] = [(b"\2\0\0\0" + len(line).to_bytes(4, "big") + line, True)]
    assert session.runner.execute("logs @web site") == 0
    assert (session.environment.out, "oh no" in session.environment.err) == ("", True)


def test_a_machine_that_cannot_be_reached_is_a_failure_though_others_answer(fleet):
    session, web, db = fleet
    web.feeds["logs"] = [(b"2026-11-29T01:00:00Z hello\n", True)]
    db.stop()
    assert session.runner.execute("logs @all site") == 1
    assert session.environment.out == "web | hello\n"
    assert "db: dial unix" in session.environment.err


def test_events_for_programs_are_one_document_a_line(fleet):
    session, web, db = fleet
    for at, engine in ((2, web), (1, db)):
        event = {"Type": "image", "Action": "pull", "timeNano": at}
        engine.feeds["events"] = [(json.dumps(event).encode() + b"\n", True)]
    assert session.runner.execute("events @all --json --until 1m --filter type=image") == 0
    assert [json.loads(line)["machine"] for line in session.environment.out.splitlines()] == ["db", "web"]
    assert '"type":["image"]' in web.requests[-1]


@pytest.mark.parametrize(
    ("line", "follows"),
    [
        ("events @all", True),
        ("events @all --until 1m", False),
        ("events @all --until 2100-01-01T00:00:00Z", True),
        ("logs @all site", False),
        ("logs @all site -f", True),
    ],
)
def test_what_has_not_ended_is_followed(fleet, monkeypatch, line, follows):
    session, *_ = fleet
    said = []
    monkeypatch.setattr(merged_feeds, "MergedFeeds", lambda *_, follows: (said.append(follows), ())[1])
    assert session.runner.execute(line) == 0
    assert said == [follows]


@pytest.mark.parametrize(
    "line",
    [
        "events @all --filter x",
        "events @all --filter =x",
        "logs @all site --tail few",
        "logs @all site --tail ٣",
        "events @all --since soon",
        "machine events web",
        "machine logs web site",
    ],
)
def test_bad_values_are_refused_before_anything_is_asked(fleet, line):
    session, web, _ = fleet
    assert session.runner.execute(line) == 2
    assert web.requests == []


def test_disk_usage_has_a_row_for_each_machine_and_one_for_all(fleet):
    session, web, db = fleet
    web.documents["df"] = {"LayersSize": 5_000_000}
    db.documents["df"] = {"Containers": [{"State": "exited", "SizeRw": 1_000_000}]}
    assert session.runner.execute("df @web,db") == 0
    rows = [line.split() for line in session.environment.out.splitlines()]
    assert [(row[0], row[-2], row[-1]) for row in rows[1:]] == [
        ("web", "5MB", "5MB"), ("db", "1MB", "1MB"), ("all", "6MB", "6MB"),
    ]  # fmt: skip


def test_a_machine_that_does_not_answer_fails_alone(fleet):
    session, web, db = fleet
    web.documents["df"] = {}
    db.stop()
    assert session.runner.execute("df @all --json") == 1
    found = {one["machine"]: one for one in json.loads(session.environment.out)}
    assert found["web"]["size"] == 0
    assert "no such file" in found["db"]["error"]
    assert session.runner.execute("df @all") == 1
    assert session.environment.out.splitlines()[-1].split()[0] == "web"
    assert "db: dial unix" in session.environment.err


def with_waste(*engines):
    """Let engines have one stopped container, and remove what they are told to."""
    for engine in engines:
        engine.documents |= {"df": {"Containers": [{"State": "exited", "SizeRw": 7_000}]}, "networks": []}
        engine.documents |= {"prune": {"ContainersDeleted": ["a"], "SpaceReclaimed": 7_000}, "json": []}


def pruned(engine):
    """What an engine was told to remove: path -> its filters."""
    return {one.partition("?")[0]: one.partition("?")[2] for one in engine.requests if "prune" in one}


def test_nothing_is_removed_where_nobody_can_be_asked(fleet):
    session, web, db = fleet
    with_waste(web, db)
    assert session.runner.execute("prune @all") == 2
    assert "web: 1 stopped container: 7kB" in session.environment.out
    assert "On 2 machines this removes 2 stopped containers: 14kB." in session.environment.out
    assert not pruned(web)
    assert not pruned(db)
    assert session.runner.execute("prune -y @all") == 0
    assert session.environment.out.splitlines()[-1].split()[:2] == ["all", "2"]


@pytest.mark.parametrize(("answer", "is_removed"), [("n", False), ("", False), ("y", True)])
def test_what_the_user_does_not_want_is_not_removed(open_one, home, answer, is_removed):  # noqa: F811
    with FeedEngine(home / "web.sock") as web:
        with_waste(web)
        session = open_one(Mode.SHELL, terminal=True, stdin=f"{answer}\n")
        add_machine(session.machines.store, "web", URL=f"unix://{web.path}")
        assert (session.runner.execute("prune @web") == 0) is is_removed
        assert bool(pruned(web)) is is_removed


def test_no_more_is_removed_than_was_asked_for(fleet):
    session, web, _ = fleet
    with_waste(web)
    assert session.runner.execute("prune -y @web") == 0
    assert set(pruned(web)) == {"/containers/prune", "/networks/prune", "/images/prune", "/build/prune"}
    assert pruned(web)["/images/prune"] == 'filters={"dangling":["true"]}'
    assert "all=1" not in pruned(web)["/build/prune"]
    web.requests.clear()
    assert session.runner.execute("prune -y -a --volumes @web") == 0
    assert pruned(web)["/images/prune"] == 'filters={"dangling":["false"]}'
    assert pruned(web)["/build/prune"].endswith("&all=1")
    assert "/volumes/prune" in pruned(web)


def test_a_machine_where_nothing_was_found_is_not_pruned(fleet):
    session, web, db = fleet
    with_waste(web, db)
    db.documents["df"] = {}
    assert session.runner.execute("prune -y @all") == 0
    assert pruned(web)
    assert not pruned(db)


def test_a_machine_that_does_not_answer_is_told_and_the_others_are_pruned(fleet):
    session, web, db = fleet
    with_waste(web)
    db.stop()
    assert session.runner.execute("prune -y @all") == 1
    assert "db: dial unix" in session.environment.err
    assert pruned(web)


def test_an_engine_that_refuses_to_prune_is_told_and_fails(fleet):
    session, web, db = fleet
    with_waste(web, db)
    del db.documents["prune"]
    assert session.runner.execute("prune -y @all") == 1
    assert "db: No such container: prune" in session.environment.err
    assert session.environment.out.splitlines()[-1].split()[0] == "web"


@pytest.mark.parametrize("answer", [[], "x", 3])
def test_an_answer_to_a_pruning_that_is_no_engines_fails(fleet, answer):
    session, web, _ = fleet
    with_waste(web)
    web.documents["prune"] = answer
    assert session.runner.execute("prune -y @web") == 1
    assert "API promises" in session.environment.err


def test_without_names_df_is_about_the_machine_in_use(fleet):
    session, web, db = fleet
    for engine in (web, db):
        engine.documents["df"] = {}
    assert session.runner.execute("machine df") == 0
    assert [line.split()[0] for line in session.environment.out.splitlines()] == [
        "MACHINE",
        "db",
        "web",
        "all",
    ]
    session.use("web")
    db.requests.clear()
    assert session.runner.execute("machine df") == 0
    assert db.requests == []


def test_a_stored_machine_comes_before_the_engine_of_this_computer(fleet, home):  # noqa: F811
    session, web, _ = fleet
    web.documents["df"] = {"LayersSize": 5_000_000}
    with FeedEngine(home / "here.sock") as here:
        session.environment.variables["DOCKER_HOST"] = f"unix://{here.path}"
        with requests_to(dialer_of(session.machines, "local"), 5) as requests:
            requests.ask("/version")
        assert here.requests == ["/version"]
        add_machine(session.machines.store, "local", URL=f"unix://{web.path}")
        with requests_to(dialer_of(session.machines, "local"), 5) as requests:
            requests.ask("/version")
    assert web.requests == ["/version"]


def test_layers_that_go_with_an_image_are_not_counted(fleet):
    session, web, _ = fleet
    web.documents |= {"df": {"Images": [{"Id": "app", "Containers": 0, "Size": 9}]}, "networks": []}
    gone = [{"Untagged": "app:1"}, {"Deleted": "app"}, {"Deleted": "layer 1"}, {"Deleted": "layer 2"}]
    web.documents |= {"json": [{"Id": "app"}, {"Id": "other"}], "prune": {"ImagesDeleted": gone}}
    assert session.runner.execute("prune -y @web") == 0
    header, row = (line.split() for line in session.environment.out.splitlines()[-2:])
    assert dict(zip(header, row, strict=True))["IMAGES"] == "1"


def test_filters_are_given_to_engines_as_each_of_their_prunings_takes_them(fleet):
    session, web, _ = fleet
    web.documents |= {
        "df": {"Containers": [{"State": "exited", "Created": 5}]},
        "networks": [],
        "prune": {},
        "json": [],
    }
    assert session.runner.execute("prune -y --filter until=2020-01-01T00:00:00Z @web") == 0
    asked = {one.partition("?")[0]: one.partition("?")[2] for one in web.requests if "prune" in one}
    assert asked["/containers/prune"] == 'filters={"until":["1577836800.000000000"]}'
    assert asked["/images/prune"] == 'filters={"dangling":["true"],"until":["1577836800.000000000"]}'
    # The cache is older than a moment, or was not used for a time.
    assert re.fullmatch(r'filters=\{"until":\["\d{9}s"\]\}', asked["/build/prune"])
    web.requests.clear()
    assert session.runner.execute("prune -y --volumes --filter label!=keep @web") == 0
    asked = {one.partition("?")[0]: one.partition("?")[2] for one in web.requests if "prune" in one}
    for kind in ("containers", "networks", "volumes"):
        assert asked[f"/{kind}/prune"] == 'filters={"label!":["keep"]}'
    assert "/build/prune" not in asked


@pytest.mark.parametrize("options", ["--filter name=web", "--volumes --filter until=1h"])
def test_filters_that_cannot_be_are_refused_before_anything_is_asked(fleet, options):
    session, web, _ = fleet
    assert session.runner.execute(f"prune -y {options} @web") == 2
    assert web.requests == []


def test_where_there_is_nothing_nobody_is_asked(fleet):
    session, web, db = fleet
    for engine in (web, db):
        engine.documents |= {"df": {}, "networks": []}
    assert session.runner.execute("prune @all") == 0
    said = "There is nothing to remove (unused images with names go with -a, volumes with --volumes).\n"
    assert session.environment.out == said
    assert session.runner.execute("prune -a --volumes @all") == 0
    assert session.environment.out == f"{said}There is nothing to remove.\n"


@pytest.mark.parametrize("line", ["prune -y @web wbe", "prune -y web wbe", "df web wbe"])
def test_a_name_that_no_machine_has_is_told_before_anybody_is_asked(fleet, line):
    session, web, _ = fleet
    assert session.runner.execute(line) != 0
    assert 'Docker machine "wbe" does not exist' in session.environment.err
    assert "did you mean web?" in session.environment.err
    assert not web.requests
