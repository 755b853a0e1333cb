"""Driver programs: help, a state, `ls` of 50 machines, and the codec below it all.

    python benchmarks/drivers.py [--runs N] [--docker-machine PATH]

The driver program and the bare client to compare with are those of tests/support/go. `ls` is compared with
docker-machine's if there is one. The address of the 50 machines refuses connections, so that their engines cost nothing.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP)]

from measure import Row, medians, milliseconds, report  # noqa: E402

from machsh.drivers import registry  # noqa: E402
from machsh.drivers.bridge.message_types import STRING_FLAG  # noqa: E402
from machsh.drivers.bridge.wire.gob import BYTES, INTERFACE, Interface, Slice  # noqa: E402
from machsh.drivers.bridge.wire.gob_decoder import Decoder  # noqa: E402
from machsh.drivers.bridge.wire.gob_encoder import Encoder  # noqa: E402
from machsh.plugin.catalog import Catalog  # noqa: E402
from machsh.testing.fakes import FakeEnvironment, ScriptedAsk, fake_context  # noqa: E402
from tests.support.go_programs import built, driver_program  # noqa: E402
from tests.support.stores import add_machine  # noqa: E402

MACHSH = str(Path(sys.executable).with_name("machsh"))
MACHINES = 50
FLAG = {
    "Name": "exoscale-instance-profile",
    "Usage": "exoscale instance profile (Small, Medium, Large, ...)",
    "EnvVar": "EXOSCALE_INSTANCE_PROFILE",
    "Value": "Small",
}


class Home:
    """A home with the driver program on PATH, which is trusted."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        (self.folder / "bin").mkdir(mode=0o700)
        self.program = driver_program(self.folder / "bin")
        self.store = self.folder / ".docker" / "machine"
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        self.variables = {**os.environ, "HOME": folder, "PATH": path, "MACHINE_STORAGE_PATH": str(self.store)}
        self.run(MACHSH, "-y", "create", "-d", "trial", "--help")

    def run(self, *words: str) -> str:
        done = subprocess.run(words, capture_output=True, text=True, env=self.variables, check=True)
        return done.stdout

    def forget_options(self) -> None:
        shutil.rmtree(self.folder / ".cache" / "machsh" / "driver-programs", ignore_errors=True)

    def catalog(self) -> Catalog:
        environment = FakeEnvironment(self.folder)
        for name, value in self.variables.items():
            environment.take(name, value)
        return Catalog(environment)


def bare_client(home: Home, *calls: str) -> Callable[[], object]:
    """The same exchange by the client in Go."""
    steps = json.dumps([{"call": call} for call in calls])
    words = [str(built("client")), "-name", "trial", str(home.program)]
    return lambda: subprocess.run(
        words, input=steps, capture_output=True, text=True, env=home.variables, check=True
    )


def help_rows(home: Home, runs: int) -> list[Row]:
    catalog = home.catalog()

    def asked() -> None:
        home.forget_options()
        registry.find("trial", catalog, ask=ScriptedAsk([True]))

    def whole() -> None:
        home.run(MACHSH, "create", "-d", "trial", "--help")

    ours, theirs, command, other = medians(
        (
            asked,
            bare_client(home, "GetCreateFlags"),
            whole,
            lambda: home.run(MACHSH, "create", "-d", "generic", "--help"),
        ),
        runs,
    )
    return [
        Row(
            "options of a program, asked of it",
            milliseconds(ours),
            f"a bare client in Go {milliseconds(theirs)}",
            ours / theirs,
            1.5,
        ),
        Row(
            "`create -d NAME --help`, options kept",
            milliseconds(command),
            f"of a driver that is built in {milliseconds(other)}",
            command / other,
            1.5,
        ),
    ]


def state_row(home: Home, runs: int) -> Row:
    stored = {"MachineName": "m", "StorePath": str(home.store), "IPAddress": "127.0.0.1", "EnginePort": 1}
    folder = home.store / "machines" / "m"
    folder.mkdir(parents=True)
    (folder / "trial.state").write_text("1")
    context = fake_context(home.folder)
    catalog = home.catalog()
    context.environment = catalog.environment
    driver = registry.load("trial", stored, context, catalog)
    (state,) = medians((driver.state,), runs * 20)
    driver.close()
    shutil.rmtree(folder)
    return Row("a state, the program runs", milliseconds(state), "5 ms", state * 1000 / 5, 1)


def ls_row(home: Home, runs: int, docker_machine: str) -> Row:
    from machsh.machine.records.store import Store

    for number in range(MACHINES):
        name = f"m{number}"
        add_machine(
            Store(home.store),
            name,
            driver_name="trial",
            IPAddress="127.0.0.1",
            EnginePort=1,
            StorePath=str(home.store),
        )
        (home.store / "machines" / name / "trial.state").write_text("1")
    sides: list[Callable[[], object]] = [lambda: home.run(MACHSH, "ls")]
    if docker_machine:
        sides.append(lambda: home.run(docker_machine, "ls"))
    ours, *theirs = medians(sides, runs)
    assert home.run(MACHSH, "ls").count("Running") == MACHINES
    against = theirs[0] if theirs else 2.0
    name = "docker-machine" if theirs else "(no docker-machine given)"
    return Row(f"`ls` of {MACHINES} machines", f"{ours:.2f} s", f"{name} {against:.2f} s", ours / against, 1)


def codec_rows(runs: int) -> list[Row]:
    flags = [Interface("*mcnflag.StringFlag", FLAG, STRING_FLAG)] * 30
    encoder = Encoder()
    lists = b"".join(encoder.encode(Slice(INTERFACE), flags) for _ in range(1000))
    record = Encoder().encode(BYTES, b'{"Key": "value"}' * (10_000_000 // 16))
    rate = len(lists) / _processor_seconds(lists, runs) / 1e6
    long = _processor_seconds(record, runs)
    return [
        Row("lists of options decoded", f"{rate:.0f} MB/s", "20 MB/s", 20 / rate, 1),
        Row("a record of 10 MB decoded", milliseconds(long), "1 s", long, 1),
    ]


def _processor_seconds(stream: bytes, runs: int) -> float:
    """The median of the processor's time: nothing is waited for, so other work on the computer does not count."""
    times = []
    for _ in range(runs):
        began = time.process_time()
        _decode(stream)
        times.append(time.process_time() - began)
    return statistics.median(times)


def _decode(stream: bytes) -> None:
    decoder = Decoder(io.BytesIO(stream).read)
    try:
        while True:
            decoder.decode()
    except EOFError:
        return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--docker-machine", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(folder)
        rows = help_rows(home, given.runs)
        rows.append(state_row(home, given.runs))
        rows.append(ls_row(home, given.runs, given.docker_machine))
    return report("Driver programs", [*rows, *codec_rows(given.runs)])


if __name__ == "__main__":
    sys.exit(main())
