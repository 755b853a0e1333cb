"""The toolbar warns of the active machine's certificates."""

from machsh.shell.machine_cache import MachineCache, MachineSummary

WARNING = "certificate of a expires in 12 days: machsh certs renew a"


def test_a_warning_that_is_new_reaches_a_machine_whose_state_is_known():
    cache = MachineCache(
        lambda: [MachineSummary("a", "docker", warning=WARNING)],
        lambda seconds: [MachineSummary("a", "docker", "Running")],
    )
    cache._is_look_wanted = True
    cache._update()
    cache._update()
    (line,) = cache.fleet.machines
    assert (line.state, line.warning) == ("Running", WARNING)


def test_a_warning_that_is_over_goes():
    warnings = [WARNING, ""]
    cache = MachineCache(lambda: [MachineSummary("a", "docker", warning=warnings.pop(0))], lambda seconds: [])
    cache._update()
    assert cache.fleet.machines[0].warning == WARNING
    cache._update()
    assert cache.fleet.machines[0].warning == ""
