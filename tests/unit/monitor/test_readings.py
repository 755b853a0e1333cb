"""What engines and hosts say, as it is and as it must not be."""

import json

import pytest

from machsh.engine.http import HttpResponse
from machsh.engine.watch.snapshot import Container
from machsh.errors import MachshError
from machsh.monitor import host_readings
from machsh.monitor.container_readings import ContainerReadings
from machsh.monitor.engine_readings import CpuSample, container_reading, engine_reading

SECOND = 1_000_000_000


def answer(document, status=200, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return HttpResponse(status, "", {"api-version": "1.41", **headers}, body)


def stats(used, system, usage=100, cache=0, **more):
    return {
        "cpu_stats": {
            "cpu_usage": {"total_usage": used},
            "system_cpu_usage": system,
            "online_cpus": 2,
            **more,
        },
        "memory_stats": {"usage": usage, "limit": 1000, "stats": {"inactive_file": cache}},
    }


def test_an_engine_tells_its_version_processors_and_role():
    info = {"ServerVersion": "27.3.1", "NCPU": 8, "DockerRootDir": "/data",
            "Swarm": {"LocalNodeState": "active", "ControlAvailable": True}}  # fmt: skip
    found = engine_reading(answer(info))
    assert (found.version, found.cpus, found.role, found.data_folder) == ("27.3.1", 8, "manager", "/data")
    info["Swarm"]["ControlAvailable"] = False
    assert engine_reading(answer(info)).role == "worker"
    info["Swarm"]["ControlAvailable"] = "perhaps"
    assert engine_reading(answer(info)).role == "worker"
    info["Swarm"]["LocalNodeState"] = "locked"
    assert engine_reading(answer(info)).role == "locked"
    info["Swarm"]["LocalNodeState"] = "inactive"
    assert engine_reading(answer(info)).role == ""


@pytest.mark.parametrize(
    ("version", "at_once"), [("1.40", False), ("1.41", True), ("2.0", True), ("x", False), ("", False)]
)
def test_old_engines_are_known_to_be_slow(version, at_once):
    assert engine_reading(answer({}, **{"api-version": version})).tells_at_once is at_once


@pytest.mark.parametrize("document", [[], 1, "x", None, b"{", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_engines_is_an_error(document):
    with pytest.raises(MachshError):
        engine_reading(answer(document))


@pytest.mark.parametrize("value", [None, [], {}, "x", -1, True, 1e300, {"a": []}])
@pytest.mark.parametrize("key", ["cpu_stats", "memory_stats"])
def test_a_sample_with_strange_values_is_no_failure(key, value):
    container_reading(answer({**stats(1, 2), key: value}))
    container_reading(answer({**stats(1, 2), "cpu_stats": {"cpu_usage": value, "system_cpu_usage": value}}))


def test_memory_is_without_the_cache_that_can_be_dropped():
    assert container_reading(answer(stats(1, 2, usage=100, cache=30))).memory == 70
    assert container_reading(answer(stats(1, 2, usage=100, cache=300))).memory == 0


def test_a_container_that_has_ended_has_no_sample():
    assert container_reading(answer({"message": "no such container"}, status=404)) is None
    assert container_reading(answer({"cpu_stats": {}})) is None


def readings(*samples):
    found = ContainerReadings()
    found.take_list([Container("burn", "id", "image", "running"), Container("old", "id2", "image", "exited")])
    for used, system in samples:
        found.take_sample("id", container_reading(answer(stats(used, system))))
    return found


def test_cpu_is_known_from_the_second_sample_on():
    assert readings((0, SECOND)).views()[0].cpu is None
    assert not readings((0, SECOND)).is_complete
    found = readings((0, 2 * SECOND), (SECOND, 4 * SECOND))
    assert (found.views()[0].cpu, found.is_complete) == (100.0, True)
    assert found.views()[1].cpu is None


def test_counters_that_went_back_tell_nothing():
    assert readings((SECOND, SECOND), (0, 2 * SECOND)).views()[0].cpu is None
    assert readings((0, SECOND), (SECOND, SECOND)).views()[0].cpu is None


def test_no_container_uses_less_than_nothing_or_more_than_there_is():
    assert CpuSample(9, 2, 2).percent_since(CpuSample(1, 1, 2)) == 200.0
    assert CpuSample(9, 1, 2).percent_since(CpuSample(1, 2, 2)) is None


def test_a_sample_that_could_not_be_had_changes_nothing():
    found = readings((0, 2 * SECOND), (SECOND, 4 * SECOND))
    found.take_sample("id", None)
    assert found.views()[0].cpu == 100.0


def test_an_engines_texts_are_one_line_of_some_length():
    assert engine_reading(answer({"ServerVersion": "27\n3" + "x" * 999})).version == "27 3" + "x" * 196


def test_an_engine_that_does_not_tell_its_version_has_it_in_its_answer():
    assert engine_reading(answer({}, server="Docker/27.3.1 (linux)")).version == "27.3.1"
    assert engine_reading(answer({}, server="nginx")).version == ""


def test_what_was_known_of_a_container_goes_with_it():
    found = readings((0, 2 * SECOND), (SECOND, 4 * SECOND))
    found.take_list([Container("burn", "id", "image", "exited")])
    assert found.views()[0].cpu is None
    found.take_list([Container("burn", "id", "image", "running")])
    assert (found.views()[0].memory, found.is_complete) == (None, False)


PROC = b"""0.52 0.58 0.59 1/467 12345
MemTotal:        8000000 kB
MemFree:          100000 kB
MemAvailable:    6000000 kB
Filesystem     1024-blocks     Used Available Capacity Mounted on
overlay          100000      40000     60000      40% /
"""


def test_a_host_tells_load_memory_and_disk():
    found = host_readings.host_reading(PROC)
    assert (found.load, found.memory_used, found.memory_total) == (0.52, 2_000_000 * 1024, 8_000_000 * 1024)
    assert (found.disk_used, found.disk_total) == (40_000 * 1024, 100_000 * 1024)


def test_a_kernel_without_available_memory_tells_the_free_one():
    found = host_readings.host_reading(PROC.replace(b"MemAvailable", b"MemOther"))
    assert found.memory_used == 7_900_000 * 1024


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"x", b"\xff\xfe", b"0.5\nMemTotal: 9 kB\n", PROC[30:], b"nan" + PROC[4:], b"a b c 1 2 3 4"],
)
def test_anything_else_is_an_error(content):
    with pytest.raises(MachshError):
        host_readings.host_reading(content)


def test_a_host_that_exaggerates_uses_nothing():
    found = host_readings.host_reading(PROC.replace(b"6000000", b"9000000").replace(b"40000", b"9" * 20))
    assert (found.memory_used, found.disk_used, found.disk_total) == (0, 0, 60_000 * 1024)


def test_a_folder_that_is_not_told_is_the_usual_one():
    assert host_readings.words("")[-1] == "/var/lib/docker"
