"""Manifests for tests, read with the options of the fake drivers."""

from machsh.commands import flags
from machsh.commands.handlers.apply_options import general_options
from machsh.drivers.registry import find
from machsh.manifest.carry_out import PlanRun
from machsh.manifest.fleet_plan import make_plan
from machsh.manifest.fleet_state import FleetState, applying
from machsh.manifest.manifest import CreateOptions
from machsh.manifest.present import survey
from machsh.manifest.reading.load import load
from machsh.testing.fakes import FakeEnvironment, RecordingProgress
from tests.support.machines import FakeCatalog


def create_options(environment, catalog=None):
    """The options of `create` for drivers of a catalog."""

    def of_driver(driver, program):
        kind = find(driver, catalog or FakeCatalog(), program=program)
        return {one.name: one for one in (*general_options(), *kind.options)}

    return CreateOptions(
        of_driver, lambda options: flags.defaults(options.values(), environment), flags.convert
    )


def loaded(folder, text, *, file="shop.toml", variables=None, **given):
    """Write a file and read it as a manifest; `given` are variables of the command line."""
    path = folder / file
    path.write_text(text)
    environment = FakeEnvironment(folder, variables=variables or {})
    return load(path, given, create_options(environment), environment)


def planned(machines, manifest, *, prunes=False):
    """The plan for a store."""
    state = FleetState(machines.store, manifest.fleet)
    return make_plan(manifest, survey(machines, manifest, state), prunes=prunes)


def applied(machines, manifest, *, prunes=False, progress=None):
    """Apply a manifest, and return the plan that was carried out."""
    with applying(machines.store, manifest.fleet):
        state = FleetState(machines.store, manifest.fleet)
        plan = make_plan(manifest, survey(machines, manifest, state), prunes=prunes)
        PlanRun(machines, manifest, state, progress or RecordingProgress()).run(plan, 4)
    return plan


def signs(plan):
    """The plan in short: `+ web1`."""
    return [f"{one.action.value} {one.name}" for one in (*plan.machines, *plan.removals)]
