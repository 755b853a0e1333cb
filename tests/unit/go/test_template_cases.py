"""Our templates against what Go's own wrote into the case files."""

import json

import pytest

from machsh.commands.handlers.ls.ls_items import HEADERS, HostItem
from machsh.go.template import DOCKER, INSPECT, Template, TemplateError, from_json
from machsh.go.template.listing import render_listing
from tests.support.places import CASE_FILES

FOLDER = CASE_FILES / "templates"
SETS = {"": {}, "inspect": INSPECT, "docker": DOCKER}
STATES = ["", "Running", "Paused", "Saved", "Stopped", "Stopping", "Starting", "Error", "Timeout"]


def cases():
    for path in sorted(FOLDER.glob("*.json")):
        file = json.loads(path.read_text())
        for number, case in enumerate(file["cases"]):
            yield pytest.param(file, case, id=f"{path.stem}-{number}")


def host(data):
    return HostItem(
        name=data["Name"],
        active=data["Active"],
        active_host=data["ActiveHost"],
        active_swarm=data["ActiveSwarm"],
        driver_name=data["DriverName"],
        state=(data["State"], STATES[data["State"]]),
        url=data["URL"],
        swarm_options=data["SwarmOptions"],
        swarm=data["Swarm"],
        engine_options=data["EngineOptions"],
        error=data["Error"],
        docker_version=data["DockerVersion"],
        response_time=data["ResponseTime"] / 1e9,
    ).struct()


def run(file, case):
    data = case.get("data", file["data"])
    if file["kind"] == "listing":
        return render_listing(case["template"], HEADERS, [host(one) for one in data])
    value = host(data) if file["kind"] == "host" else from_json(data)
    return Template.parse(case["template"], functions=SETS[file["functions"]]).render(value)


@pytest.mark.parametrize(("file", "case"), list(cases()))
def test_a_template_gives_what_go_gives(file, case):
    error = ""
    try:
        output = run(file, case)
    except TemplateError as failed:
        output, error = failed.printed, str(failed)
    assert (output, error) == (case["output"], case.get("error", "")), case["template"]


def test_there_are_enough_cases_and_enough_errors():
    found = [case for path in FOLDER.glob("*.json") for case in json.loads(path.read_text())["cases"]]
    assert len(found) >= 150
    assert sum("error" in case for case in found) >= 50
