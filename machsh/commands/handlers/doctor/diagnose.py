"""The handler of `machsh doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from machsh.commands.command import Context
from machsh.commands.handlers.doctor import computer, installation
from machsh.commands.handlers.doctor.finding import MARKS, Finding, Health, marks_for
from machsh.commands.handlers.doctor.report import Redactor, markdown
from machsh.errors import ExitCode, MachshError, UsageError
from machsh.output.results import Document, Text

PRIVACY = "Nothing of this was sent anywhere: machsh has no telemetry and looks for no updates."


def doctor(context: Context) -> Text | Document:
    """Check this computer and machsh's own files.

    The exit code is 1 when something is wrong, but 0 with `--json` or `--report`. Raises UsageError for both.
    """
    values = context.values
    if values.flag("json") and values.flag("report"):
        raise UsageError("--json and --report exclude each other", hint="give one of them")
    context.progress.debug("looking at this computer")
    found = [
        *computer.findings(context.environment),
        *installation.findings(context.environment, context.machines, context.catalog),
    ]
    if values.flag("json"):
        return Document([_document(one) for one in found])
    if values.flag("report"):
        return Text(markdown(found, Redactor(context.environment, _names(context))))
    code = ExitCode.FAILED if any(one.health is Health.BAD for one in found) else ExitCode.OK
    return Text(_text(found, marks_for(context.environment)), code)


def _names(context: Context) -> list[str]:
    try:
        return list(context.machines.names())
    except MachshError:  # an unreadable store is reported as a finding
        return []


def _document(finding: Finding) -> dict[str, str]:
    return {
        "Topic": finding.topic,
        "Name": finding.name,
        "Health": finding.health.value,
        "Text": finding.text,
        "Remedy": finding.remedy,
    }


def _text(found: Sequence[Finding], marks: dict[Health, str]) -> str:
    width = max(len(finding.name) for finding in found) + 2
    lines = []
    for topic, group in groupby(found, lambda finding: finding.topic):
        lines += ["", topic]
        for finding in group:
            lines.append(f"  {marks[finding.health]} {finding.name:<{width}}{finding.text}")
            if finding.remedy and finding.health is not Health.GOOD:
                lines.append(
                    f"{'':<{width + 4}}→ {finding.remedy}"
                    if marks is MARKS
                    else f"{'':<{width + 4}}-> {finding.remedy}"
                )
    return "\n".join([*lines[1:], "", _summary(found), PRIVACY])


def _summary(found: Sequence[Finding]) -> str:
    bad = sum(one.health is Health.BAD for one in found)
    absent = sum(one.health is Health.ABSENT for one in found)
    if not bad and not absent:
        return "All is well."
    wrong = f"{bad} thing{'s' * (bad != 1)} to mend" if bad else "Nothing is wrong"
    return f"{wrong}; {absent} not there, which only some uses need." if absent else f"{wrong}."
