"""A creation that is killed at any moment is gone on with, or removed without a trace.

Five moments of `tests/support/crashes.py` here; `scripts/crash_matrix.py` goes through all of them.
"""

import pytest

from machsh.drivers.driver import State
from machsh.errors import RefusedError
from machsh.machine.records import phase
from tests.live.test_machines import machines, new_name, on_engine  # noqa: F401
from tests.support.crashes import killed_creation, traces

pytestmark = pytest.mark.live


def orphans_of(machines, name):  # noqa: F811
    """What is left over of one machine; the engine may have more of others."""
    return [one for one in machines.orphans("docker").found if one.orphan.machine == name]


@pytest.mark.parametrize("moment", ["no key yet", "container made", "container started", "engine stopped"])
def test_a_creation_killed_at_any_moment_is_gone_on_with(machines, tmp_path, moment):  # noqa: F811
    name = new_name()
    killed_creation(tmp_path, name, moment)
    (row,) = machines.survey()
    assert row.error == phase.describe(machines.get(name).record.machsh.phase, name) != ""
    made = traces(name)[0]
    machines.resume(name, {"engine-label": ["tier=front"]})
    assert "tier=front" in on_engine(machines, name, "info", "-f", "{{.Labels}}")
    (row,) = machines.survey()
    assert (row.state, row.error) == (State.RUNNING, "")
    containers, volumes = traces(name)
    assert (len(containers), len(volumes)) == (1, 2)
    is_kept = moment in ("container started", "engine stopped")
    assert (containers == made) == is_kept, "a host that runs is not made anew"
    with pytest.raises(RefusedError, match="is complete"):
        machines.resume(name)


@pytest.mark.parametrize("moment", ["container made", "container started"])
def test_a_creation_killed_at_any_moment_is_removed_without_a_trace(machines, tmp_path, moment):  # noqa: F811
    name = new_name()
    killed_creation(tmp_path, name, moment)
    assert traces(name)[0]
    assert orphans_of(machines, name) == [], "a machine that is begun is nobody's orphan"
    machines.remove(name)
    assert traces(name) == [[], []]
    assert machines.names() == []
    assert list(machines.store.machines_folder.iterdir()) == []


def test_what_a_lost_record_leaves_is_an_orphan_and_can_be_removed(machines, tmp_path):  # noqa: F811
    name = new_name()
    killed_creation(tmp_path, name, "container started")
    machines.store.remove(name)
    (found,) = orphans_of(machines, name)
    assert (found.orphan.kind, found.orphan.machine, found.orphan.store) == ("container", name, "")
    machines.remove_orphan(found)
    assert traces(name) == [[], []]
    machines.remove_orphan(found)
    assert orphans_of(machines, name) == []


def test_what_another_store_made_is_never_taken_for_an_orphan_of_this_one(machines, tmp_path):  # noqa: F811
    from tests.live.test_machines import machines_in

    name, other = new_name(), machines_in(tmp_path / "other")
    other.store.folder.mkdir(parents=True)
    killed_creation(tmp_path, name, "container started")
    seen = orphans_of(other, name)
    assert seen == [], "its own store has it"
    machines.store.config_path(name).rename(tmp_path / "kept")
    (seen,) = orphans_of(other, name)
    assert seen.orphan.store == str(machines.store.folder)
    (tmp_path / "kept").rename(machines.store.config_path(name))
