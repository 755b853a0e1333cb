"""Images on their way between engines that keep layers as Docker does."""

import _thread
import os
import threading
from functools import partial

import pytest

from machsh.engine.dial import dialer
from machsh.engine.endpoint import Endpoint
from machsh.engine.images.image_engine import ImageEngine
from machsh.errors import InterruptedByUserError, MachshError
from machsh.files import locked
from machsh.machine.shipping import delivery
from machsh.machine.shipping.ship import Shipment
from machsh.progress import NullProgress
from machsh.testing.fakes import FakeEnvironment, RecordingProgress
from tests.support.image_store import ImageStore, layer
from tests.support.waiting import wait_until

LOW, MIDDLE, TOP = layer(40_000), layer(30_000), layer(2_000)
TOP_SIZE = len(TOP) + 10_000


@pytest.fixture
def stores(tmp_path):
    """A source with `app:1` of three layers, and two engines that have nothing."""
    with (
        ImageStore(tmp_path / "source") as source,
        ImageStore(tmp_path / "a") as first,
        ImageStore(tmp_path / "b") as second,
    ):
        source.add("app:1", LOW, MIDDLE, TOP)
        yield source, first, second


@pytest.fixture
def in_single_layers(monkeypatch):
    monkeypatch.setattr(delivery, "STEP_BYTES", 1)


def engine_of(store):
    return ImageEngine(store.path.name, dialer(Endpoint(f"unix://{store.path}")), 10.0)


def shipment(tmp_path, source, *targets, progress=None, **options):
    engines = [engine_of(store) for store in targets]
    environment = FakeEnvironment(tmp_path)
    return Shipment(engine_of(source), engines, environment, progress or NullProgress(), **options)


@pytest.fixture
def ship(tmp_path):
    def run(source, *targets, names=("app:1",), dry_run=False, **options):
        return shipment(tmp_path, source, *targets, **options).run(names, dry_run=dry_run)

    return run


def results(rows):
    return [row.result for row in rows]


@pytest.mark.parametrize("form", ["oci", "legacy"])
def test_only_the_layers_that_a_target_lacks_are_sent(stores, ship, form):
    source, first, second = stores
    source.form = form
    first.add("base:1", LOW, MIDDLE)
    rows = ship(source, first, second)
    assert results(rows) == ["shipped", "shipped"]
    assert [row.sent_layers for row in rows] == [1, 3]
    assert first.loaded[0] < 20_000 < sum(second.loaded)
    for store in (first, second):
        assert store.tags["app:1"] == source.tags["app:1"]
        assert set(store.layers) >= set(source.layers)


def test_the_source_saves_once_for_all_targets(stores, ship):
    source, first, second = stores
    ship(source, first, second)
    assert source.requests.count("GET /images/get") == 1


def test_what_is_there_is_not_saved(stores, ship):
    source, first, _ = stores
    first.add("app:1", LOW, MIDDLE, TOP)
    assert results(ship(source, first)) == ["there"]
    assert "GET /images/get" not in source.requests


def test_what_is_there_under_another_name_is_named(stores, ship):
    source, first, _ = stores
    first.add("app:1", LOW, MIDDLE, TOP)
    first.tags["old:1"] = first.tags.pop("app:1")
    assert results(ship(source, first)) == ["named"]
    assert first.tags["app:1"] == first.tags["old:1"]
    assert "GET /images/get" not in source.requests


def test_an_image_goes_in_steps_and_leaves_no_partial_image(stores, ship, in_single_layers):
    source, first, _ = stores
    ship(source, first)
    assert len(first.loaded) == 3
    assert list(first.configs) == [source.tags["app:1"]]


def test_a_step_is_sent_while_the_one_before_is_unpacked(stores, ship, in_single_layers):
    source, first, _ = stores

    def unpack():
        if len(first.loaded) < 3:
            wait_until(lambda: first.begun > len(first.loaded), "the next step", 10)

    first.on_load = unpack
    assert results(ship(source, first)) == ["shipped"]
    assert [size > TOP_SIZE for size in first.loaded] == [True, True, False]


def test_a_step_that_fails_breaks_the_next_off(stores, ship, in_single_layers):
    source, first, _ = stores
    first.refusal = "no space left on device"
    (row,) = ship(source, first)
    assert (row.error, row.sent_layers) == ("no space left on device", 0)
    assert len(first.loaded) == 1


def test_a_try_that_broke_off_is_gone_on_with(stores, ship, in_single_layers):
    source, first, second = stores
    first.breaks_in_load = range(len(MIDDLE), len(LOW))
    broken, whole = ship(source, first, second)
    assert (broken.result, whole.result) == ("failed", "shipped")
    assert "the connection to the engine broke" in broken.error
    assert len(first.configs) == 1
    (again,) = ship(source, first)
    assert (again.result, again.sent_layers) == ("shipped", 2)
    assert list(first.configs) == [source.tags["app:1"]]


def test_an_engine_that_takes_whole_images_only_gets_them(stores, ship):
    source, first, second = stores
    first.wants_all_layers = True
    for store in (first, second):
        store.add("base:1", LOW)
    progress = RecordingProgress()
    rows = ship(source, first, second, progress=progress)
    assert results(rows) == ["shipped", "shipped"]
    assert [row.sent_layers for row in rows] == [3, 2]
    assert any("takes whole images only" in line for line in progress.texts("warning"))


def test_a_containerd_store_gets_the_whole_image_at_once(stores, ship, in_single_layers):
    source, first, _ = stores
    first.is_containerd = True
    first.add("base:1", LOW)
    (row,) = ship(source, first)
    assert (row.result, row.sent_layers, len(first.loaded)) == ("shipped", 3, 1)
    assert results(ship(source, first)) == ["there"]


def test_a_containerd_store_takes_no_image_without_a_name(stores, ship):
    source, first, _ = stores
    first.is_containerd = True
    (row,) = ship(source, first, names=[source.tags["app:1"]])
    assert (row.result, row.hint) == ("failed", "ship it by its name: IMAGE:TAG")


def test_an_image_of_a_containerd_store_comes_to_others(stores, ship, tmp_path):
    _, first, _ = stores
    with ImageStore(tmp_path / "containerd", is_containerd=True) as source:
        source.add("app:2", LOW, TOP)
        assert results(ship(source, first, names=["app:2"])) == ["shipped"]
        assert results(ship(source, first, names=["app:2"])) == ["there"]


def test_a_full_disk_fails_one_target_and_no_other(stores, ship):
    source, first, second = stores
    first.refusal = "write /layer.tar: no space left on device"
    failed, shipped = ship(source, first, second)
    assert (failed.result, failed.error) == ("failed", first.refusal)
    assert shipped.result == "shipped"
    assert len(first.loaded) == 1


def test_a_target_that_is_away_fails_alone(stores, ship, tmp_path):
    source, first, _ = stores
    away = ImageStore(tmp_path / "away")
    failed, shipped = ship(source, away, first)
    assert "dial unix" in failed.error
    assert shipped.result == "shipped"


def test_an_image_that_is_removed_at_the_source_fails_all_in_one_way(stores, ship):
    source, first, second = stores
    source.save_refusal = "reference does not exist"
    rows = ship(source, first, second)
    assert [row.error for row in rows] == ["reference does not exist"] * 2
    assert first.loaded == second.loaded == []


@pytest.mark.parametrize("form", ["oci", "legacy"])
def test_a_save_that_is_cut_off_leaves_no_image(stores, ship, form):
    source, first, _ = stores
    source.form, source.cut_save = form, 60_000
    (row,) = ship(source, first)
    assert row.result == "failed"
    assert "the saved image is malformed" in row.error
    assert first.tags == {}


def test_an_image_that_is_not_there_is_an_error(stores, ship):
    source, first, _ = stores
    with pytest.raises(MachshError, match="there is no image nope on source"):
        ship(source, first, names=["nope"])


def test_an_image_for_another_processor_needs_force(stores, ship):
    source, first, _ = stores
    first.architecture = "arm64"
    (row,) = ship(source, first)
    assert row.error == "app:1 is for linux/amd64, the host is linux/arm64"
    assert "--force" in row.hint
    assert results(ship(source, first, force=True)) == ["shipped"]


def test_a_dry_run_says_at_most_how_much_and_sends_nothing(stores, ship):
    source, first, second = stores
    first.add("base:1", LOW, MIDDLE)
    rows = ship(source, first, second, dry_run=True)
    assert [(row.result, row.sent_layers) for row in rows] == [("planned", 1), ("planned", 3)]
    assert rows[0].sent_bytes == len(TOP)
    assert first.loaded == second.loaded == []
    assert "GET /images/get" not in source.requests


def test_several_images_share_the_layers_that_were_sent(stores, ship):
    source, first, _ = stores
    source.add("worker:1", LOW, layer(10))
    rows = ship(source, first, names=["app:1", "worker:1"])
    assert results(rows) == ["shipped", "shipped"]
    assert [row.sent_layers for row in rows] == [3, 1]
    assert set(first.tags) == {"app:1", "worker:1"}


def test_an_image_that_is_not_the_same_at_the_end_is_a_failure(stores, ship):
    source, first, _ = stores

    def tamper():
        first.tags["app:1"] = first.add("other:1", layer(5))

    first.after_load = tamper
    (row,) = ship(source, first)
    assert row.result == "failed"
    assert "app:1 is not the same there" in row.error


def test_a_bug_is_no_success(stores, ship, monkeypatch):
    def broken(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(delivery.ImageDelivery, "_load", broken)
    with pytest.raises(ZeroDivisionError):
        ship(stores[0], stores[1])


def test_ctrl_c_breaks_all_connections_off(stores, tmp_path):
    source, first, second = stores
    is_over = threading.Event()
    first.on_load = partial(is_over.wait, 20)
    second.on_load = _thread.interrupt_main
    running = shipment(tmp_path, source, first, second)
    with pytest.raises(InterruptedByUserError, match="Stopped while shipping"):
        running.run(["app:1"])
    is_over.set()
    assert list((FakeEnvironment(tmp_path).cache_folder / "ship").iterdir()) == []
    with pytest.raises(MachshError, match="stopped"):
        running.source.inspect("app:1")


def test_layers_of_a_run_that_was_killed_are_removed(stores, ship, tmp_path):
    source, first, _ = stores
    above = FakeEnvironment(tmp_path).cache_folder / "ship"
    old = above / "saved-killed"
    old.mkdir(parents=True, mode=0o700)
    (old / "layer").write_bytes(b"layer")
    os.utime(old, (0, 0))
    ship(source, first)
    assert list(above.iterdir()) == []


# Sources that keep layers in folders


@pytest.fixture
def overlay2(stores):
    """The stores of `stores`, with a source of that kind."""
    stores[0].is_overlay2 = True
    return stores


def test_layers_are_read_alone_where_the_source_keeps_them_so(overlay2, ship):
    source, first, second = overlay2
    first.add("base:1", LOW, MIDDLE)
    rows = ship(source, first, second)
    assert [(row.result, row.sent_layers) for row in rows] == [("shipped", 1), ("shipped", 3)]
    for store in (first, second):
        assert store.tags["app:1"] == source.tags["app:1"]
    assert "GET /images/get" not in source.requests
    assert source.containers == {}


def test_a_layer_that_two_images_lack_is_read_once(overlay2, ship):
    source, first, _ = overlay2
    source.add("worker:1", LOW, layer(10))
    created = []
    source.on_copy = lambda: created.extend(source.containers.values())
    assert results(ship(source, first, names=["app:1", "worker:1"])) == ["shipped", "shipped"]
    sources = [mount["Source"] for one in created for mount in one["HostConfig"]["Mounts"]]
    assert sum("layerdb" in one for one in sources) == 4
    assert len(sources) == len(set(sources))


def spoiled(content):
    return content.replace(content[1000:1010], b"0123456789") if len(content) > 35_000 else content


@pytest.mark.parametrize(
    "fault",
    [
        {"create_refusal": "authorization denied by plugin"},
        {"cut_copy": 60_000},
        {"cut_copy": 100},
        {"spoil": spoiled},
        {"is_overlay2": False},
    ],
    ids=["refused", "cut", "cut at once", "spoiled", "another store"],
)
def test_a_source_whose_folders_cannot_be_read_saves_the_image(overlay2, ship, fault):
    source, first, _ = overlay2
    for name, value in fault.items():
        setattr(source, name, value)
    progress = RecordingProgress()
    rows = ship(source, first, progress=progress)
    assert [(row.result, row.error) for row in rows] == [("shipped", "")]
    assert first.tags["app:1"] == source.tags["app:1"]
    assert len(first.loaded) == 1  # what was wrong was broken off before its end
    assert source.requests.count("GET /images/get") == 1
    assert any("saving whole images" in line for line in progress.texts("debug"))
    assert source.containers == {}


def test_a_source_that_goes_away_fails_all_in_one_way(overlay2, ship):
    source, first, second = overlay2
    source.cut_copy, source.cut_save = 50_000, 50_000
    rows = ship(source, first, second)
    assert all("malformed" in row.error for row in rows)
    assert first.tags == second.tags == {}


def test_ctrl_c_leaves_no_container(overlay2, tmp_path):
    source, first, _ = overlay2
    is_over = threading.Event()

    def interrupt():
        _thread.interrupt_main()
        is_over.wait(20)

    source.on_copy = interrupt
    running = shipment(tmp_path, source, first)
    with pytest.raises(InterruptedByUserError):
        running.run(["app:1"])
    assert source.containers == {}
    is_over.set()


def test_a_target_that_fails_early_breaks_the_reading_off(overlay2, ship):
    source, first, _ = overlay2
    first.refusal = "no space left on device"
    (row,) = ship(source, first)
    assert row.error == first.refusal
    assert "GET /images/get" not in source.requests
    assert source.containers == {}


def test_only_containers_of_runs_that_were_killed_are_removed(overlay2, ship, tmp_path):
    source, first, second = overlay2
    labels = []
    source.on_copy = lambda: labels.extend(one["Labels"] for one in source.containers.values())
    ship(source, first)
    (label,) = labels[0].values()
    ours = label.split("/")[0]
    living = FakeEnvironment(tmp_path).cache_folder / "ship" / "saved-living"
    others = {
        "killed": f"{ours}/saved-killed",
        "living": f"{ours}/saved-living",
        "theirs": "other/saved-killed",
    }
    for name, owner in {**others, "odd": f"{ours}/../saved-killed"}.items():
        source.containers[name] = {"Labels": {"machsh.shipping": owner}}
    with locked(living / "lock"):
        ship(source, second)
    assert set(source.containers) == {"living", "theirs", "odd"}
