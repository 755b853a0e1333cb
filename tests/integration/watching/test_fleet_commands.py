"""`events`, `logs`, `df` and `prune` in a session: what is ours, what is docker's, and what is asked."""

import json
import re

import pytest

from machsh.session.resolve import DockerCommand, OurCommand, resolve
from machsh.session.session import Mode
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
    assert "db: No such container" in session.environment.err
    assert session.runner.execute("logs @db site") == 1


def test_events_for_programs_are_one_document_a_line(fleet):
    session, web, db = fleet
    for at, engine in ((2, web), (1, db)):
        event = {"Type": "image", "Action": "pull", "timeNano": at}
        engine.feeds["events"] = [(json.dumps(event).encode() + b"\n", True)]
    assert session.runner.execute("events @all --json --until 1m --filter type=image") == 0
    assert [json.loads(line)["machine"] for line in session.environment.out.splitlines()] == ["db", "web"]
    assert '"type":["image"]' in web.requests[-1]


@pytest.mark.parametrize(
    "line", ["events @all --filter x", "logs @all site --tail few", "events @all --since soon"]
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


def test_nothing_is_removed_where_nobody_can_be_asked(fleet):
    session, web, db = fleet
    for engine in (web, db):
        engine.documents |= {"df": {"Containers": [{"State": "exited", "SizeRw": 7_000}]}, "networks": []}
    assert session.runner.execute("prune @all") != 0
    assert "web: 1 stopped container: 7kB" in session.environment.out
    assert "On 2 machines this removes 2 stopped containers: 14kB." in session.environment.out
    assert not any("prune" in one for one in web.requests + db.requests)
    for engine in (web, db):
        engine.documents["prune"] = {"ContainersDeleted": ["a"], "SpaceReclaimed": 7_000}
        engine.documents["json"] = []
    assert session.runner.execute("prune -y @all") == 0
    assert session.environment.out.splitlines()[-1].split()[:2] == ["all", "2"]


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
    assert asked["/volumes/prune"] == 'filters={"label!":["keep"]}'
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
