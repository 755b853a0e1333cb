"""The command `ship`, on this computer's engine and machines that keep layers as Docker does."""

import json

import pytest

from machsh.session.session import Mode
from tests.support.image_store import ImageStore, layer
from tests.support.sessions import home, open_one  # noqa: F401
from tests.support.stores import add_machine

LOW, TOP = layer(20_000), layer(1_000)


@pytest.fixture
def fleet(open_one, home):  # noqa: F811
    """A session whose own engine has `app:1`, and the machines web and db."""
    with (
        ImageStore(home / "own.sock") as own,
        ImageStore(home / "web.sock") as web,
        ImageStore(home / "db.sock") as db,
    ):
        own.add("app:1", LOW, TOP)
        session = open_one(Mode.BATCH)
        session.environment.variables["DOCKER_HOST"] = f"unix://{own.path}"
        for name, store in (("web", web), ("db", db)):
            add_machine(session.machines.store, name, URL=f"unix://{store.path}")
        yield session, own, web, db


def test_machines_are_named_or_selected(fleet):
    session, own, web, db = fleet
    own.add("worker:1", LOW)
    assert session.runner.execute("ship app:1 web worker:1 @db") == 0
    for store in (web, db):
        assert set(store.tags) == {"app:1", "worker:1"}


def test_the_rows_tell_what_became_of_each(fleet):
    session, _, web, db = fleet
    web.add("base:1", LOW)
    db.refusal = "no space left on device"
    assert session.runner.execute("ship app:1 @all --json") == 1
    rows = {row["machine"]: row for row in json.loads(session.environment.out)}
    assert (rows["web"]["result"], rows["web"]["layersSent"], rows["web"]["layers"]) == ("shipped", 1, 2)
    assert (rows["db"]["result"], rows["db"]["error"]) == ("failed", "no space left on device")
    assert rows["web"]["id"] == web.tags["app:1"]


def test_the_table_has_a_row_for_each_machine_and_image(fleet):
    session, *_ = fleet
    assert session.runner.execute("ship app:1 @all") == 0
    lines = [line.split() for line in session.environment.out.splitlines()]
    assert ["web", "app:1", "shipped", "2", "of", "2"] in [line[:6] for line in lines]
    session.runner.execute("ship app:1 @web")
    assert ["web", "app:1", "there", "0", "of", "2"] in [
        line.split()[:6] for line in session.environment.out.splitlines()
    ]


def test_a_machine_can_be_the_source_and_this_computer_a_target(fleet):
    session, own, web, db = fleet
    web.add("built:1", TOP)
    assert session.runner.execute("ship built --from web local @all") == 1
    assert "there is no image built on web" in session.environment.err
    assert session.runner.execute("ship built:1 --from web local @all") == 0
    assert "built:1" in own.tags
    assert "built:1" in db.tags
    assert web.loaded == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ship app:1 other:1", "no machine to ship to is named"),
        ("ship web app:1", "web is a machine, and the image comes first"),
        ("ship @all app:1", "hint: machsh ship app:1 @all"),
        ("ship app:1 @none", "does not exist"),
        ("ship app:1 local", '"local" is where the images come from'),
        ("ship app:1 --from web @web", '"web" is where the images come from'),
        ("ship ../app web", "is not the name of an image"),
        ("ship 'app:1?x=y' web", "is not the name of an image"),
        ("ship app:1 wbe web", "there is no image wbe on local"),
        ("ship app:1 web --from nowhere", "does not exist"),
        ("ship app:1", "ship"),
    ],
)
def test_wrong_words_send_nothing(fleet, line, words):
    session, own, web, _ = fleet
    assert session.runner.execute(line) != 0
    assert words in session.environment.err
    assert web.loaded == []
    assert "GET /images/get" not in own.requests


def test_a_dry_run_sends_nothing(fleet):
    session, _, web, db = fleet
    assert session.runner.execute("ship app:1 @all --dry-run") == 0
    assert "planned" in session.environment.out
    assert web.loaded == db.loaded == []
