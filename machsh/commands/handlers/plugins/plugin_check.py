"""`machsh plugins check`: runs the contracts' suites on plugins, in a process of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from machsh.commands.command import Context
from machsh.commands.handlers.doctor.finding import Health, marks_for
from machsh.errors import ExitCode, MachshError, RefusedError, UsageError
from machsh.output.results import Text
from machsh.regular_file import read_text
from machsh.suggest import did_you_mean

INSIDE_SECONDS = 120.0
HOSTS_SECONDS = 3600.0
"""How long a check may last: within this computer, and with hosts that are made."""
_HEALTH = {"good": Health.GOOD, "bad": Health.BAD, "not run": Health.ABSENT}
_LAST_LINES = 15
_LOG_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of a check's report."""

    plugin: str
    kind: str
    check: str
    health: Health
    text: str


def check(context: Context, words: Sequence[str]) -> Text:
    """Run the contracts' suites on a file, a folder or a plugin by name. The exit code is 1 if any is bad.

    Raises RefusedError when there is no such plugin, UsageError, and MachshError when pytest is missing.
    """
    if len(words) != 1:
        raise UsageError("plugins check takes PATH|NAME", hint="for example: plugins check ./mine.py")
    _require_pytest()
    with tempfile.TemporaryDirectory(prefix="machsh-check-") as folder:
        prepared = _prepared(context, words[0], Path(folder))
        prepared.request["values"] = _values(context.values.texts("value"))
        prepared.request["with_hosts"] = context.values.flag("hosts")
        context.progress.step(f"Checking {words[0]}...")
        results = prepared.run(context)
    if not results:
        raise RefusedError(f"{words[0]} has no plugins", hint=f"lists of a file, or entry points: {_PAGE}")
    is_bad = any(one.health is Health.BAD for one in results)
    return Text(_text(results, marks_for(context.environment)), ExitCode.FAILED if is_bad else ExitCode.OK)


_PAGE = "docs/plugins/README.md"


def _require_pytest() -> None:
    from importlib.util import find_spec

    if find_spec("pytest") is None:
        raise MachshError(
            "plugins check runs the contracts' tests with pytest, which is not installed here",
            hint=f"pipx inject machsh pytest, or: {sys.executable} -m pip install pytest",
        )


def _values(given: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(
                f"--value {name}: not of the form NAME=VALUE", hint="the name has no dashes before it"
            )
        found.setdefault(name.lstrip("-"), []).append(value)
    return found


@dataclass(slots=True)
class PreparedCheck:
    """Everything that the process of a check is given."""

    folder: Path
    """A private folder that is removed afterwards."""
    request: dict[str, Any]
    variables: dict[str, str]
    shown: Mapping[str, str]
    """Paths that are copies -> what the user knows them as."""

    def run(self, context: Context) -> list[CheckResult]:
        """Run the suites and return the results, also of a check that was cut short."""
        from machsh.testing.check_report import VARIABLE, CheckRequest

        report = self.folder / "report"
        report.touch()
        request = CheckRequest(str(report), **self.request)
        seconds = HOSTS_SECONDS if request.with_hosts else INSIDE_SECONDS
        with tempfile.TemporaryFile() as output:
            variables = {**self.variables, VARIABLE: request.to_json()}
            ended = _run(_argv(self.folder), variables, output, seconds)
            output.seek(max(0, output.tell() - _LOG_BYTES))
            text = output.read().decode(errors="replace")
        context.progress.debug(text)
        results = [*self._results(read_text(report))]
        if ended is None:
            results.append(CheckResult("", "", "the check ends", Health.BAD, f"not within {seconds:g} s"))
        elif ended not in (0, 1, 5):  # pytest: passed, failed, no tests
            last = " / ".join(text.strip().splitlines()[-_LAST_LINES:])
            results.append(
                CheckResult("", "", "the check ends", Health.BAD, f"pytest ended with {ended}: {last}")
            )
        return results

    def _results(self, report: str) -> Iterator[CheckResult]:
        for line in report.splitlines():
            row = json.loads(line)
            text = row["text"]
            for path, name in self.shown.items():
                text = text.replace(path, name)
            yield CheckResult(row["plugin"], row["kind"], row["check"], _HEALTH[row["outcome"]], text)


def _argv(folder: Path) -> list[str]:
    options = ["-q", "-p", "no:cacheprovider", "-p", "machsh.testing.check_report", "-c", os.devnull]
    place = ["--rootdir", str(folder), f"--basetemp={folder / 'tests'}"]
    return [sys.executable, "-m", "pytest", *options, *place, "--pyargs", "machsh.testing.check_suite"]


def _run(argv: list[str], variables: dict[str, str], output: Any, seconds: float) -> int | None:
    """Run to the end and return the exit code; None if that took too long. Leaves no process behind."""
    from machsh.process.child import start

    is_posix = os.name == "posix"
    child = start(
        argv,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=is_posix,
    )
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if is_posix:  # what the plugin has started belongs to the same group
            _kill_group(child.pid)
        if child.poll() is None:
            child.kill()
            child.wait()


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # nobody is left


def _prepared(context: Context, word: str, folder: Path) -> PreparedCheck:
    path = (context.session.folder / Path(word).expanduser()).absolute()
    home = folder / "home"
    home.mkdir()
    variables = {
        **context.environment.variables,
        "HOME": str(home),
        "PYTHONUSERBASE": _user_base(),
        "PYTHONPATH": os.pathsep.join(one for one in sys.path if one),
    }
    prepared = PreparedCheck(folder, {}, variables, {})
    if path.is_dir():
        _take_folder(prepared, path)
    elif path.exists() or os.sep in word or word.endswith(".py"):
        _take_file(prepared, path)
    else:
        prepared.request = _named(context, word)
        variables["MACHSH_CONFIG_HOME"] = str(context.environment.config_folder)
    return prepared


def _user_base() -> str:
    import site

    return site.getuserbase()


def _take_file(prepared: PreparedCheck, path: Path) -> None:
    if not path.is_file():
        raise RefusedError(
            f"{path}: no such file", hint="name a file, a folder with a pyproject.toml, or a plugin"
        )
    link = prepared.folder / "config" / "plugins" / f"{path.stem}.py"
    link.parent.mkdir(parents=True, mode=0o700)
    link.symlink_to(path)
    prepared.request = {"file": str(link)}
    prepared.shown = {str(link): str(path)}
    prepared.variables["MACHSH_CONFIG_HOME"] = str(prepared.folder / "config")


def _take_folder(prepared: PreparedCheck, path: Path) -> None:
    """Let the folder count as an installed distribution, with the entry points of its pyproject.toml."""
    project = _project(path / "pyproject.toml")
    name = str(project["name"])
    lines = []
    for group, points in project.get("entry-points", {}).items():
        lines += [f"[{group}]", *(f"{key} = {value}" for key, value in points.items())]
    installed = prepared.folder / "site" / f"{re.sub(r'[^A-Za-z0-9.]+', '_', name)}-0.dist-info"
    installed.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {project.get('version', '0')}\n"
    (installed / "METADATA").write_text(metadata, encoding="utf-8")
    (installed / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    places = [str(installed.parent), *(str(one) for one in (path / "src", path) if one.is_dir())]
    prepared.request = {"distribution": name}
    prepared.variables["PYTHONPATH"] = os.pathsep.join([*places, prepared.variables["PYTHONPATH"]])
    prepared.variables["MACHSH_CONFIG_HOME"] = str(prepared.folder / "config")


def _project(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        document = tomllib.loads(read_text(path))
    except FileNotFoundError as error:
        raise RefusedError(f"{path}: no such file", hint="a distribution's folder has one") from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise RefusedError(f"{path}: {error}") from error
    project = document.get("project")
    if not isinstance(project, dict) or not isinstance(project.get("name"), str):
        raise RefusedError(f"{path}: it has no [project] with a name", hint=_PAGE)
    groups = project.get("entry-points", {})
    if not isinstance(groups, dict) or not all(isinstance(one, dict) for one in groups.values()):
        raise RefusedError(f"{path}: its entry points are no tables", hint=_PAGE)
    return project


def _named(context: Context, name: str) -> dict[str, Any]:
    rows = context.catalog.health()
    distributions = {one.origin.partition(" ")[0] for one in rows if one.origin != one.file}
    if name in distributions:
        return {"distribution": name}
    names = {one.name for one in rows}
    if name not in names:
        hint = did_you_mean(name, names | distributions) or "`machsh plugins` lists all"
        raise RefusedError(f"there is no plugin {name}", hint=hint)
    return {"name": name}


def _text(results: Sequence[CheckResult], marks: Mapping[Health, str]) -> str:
    lines: list[str] = []
    for (plugin, kind), group in groupby(results, lambda one: (one.plugin, one.kind)):
        lines += ["", f"{plugin} ({kind})"] if kind else ["", plugin or "plugins"]
        for one in group:
            lines.append(f"  {marks[one.health]} {one.check}" + (f": {one.text}" if one.text else ""))
    counts = {health: sum(one.health is health for one in results) for health in Health}
    summary = f"{counts[Health.GOOD]} good, {counts[Health.BAD]} bad, {counts[Health.ABSENT]} not run"
    return "\n".join([*lines[1:], "", summary])
