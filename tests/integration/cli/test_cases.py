"""Every command's stdout, stderr and exit code, from data files; the texts are docker-machine's own.

A case runs in a home of its own. `machines` are made first (name to URL, `{ENGINE}` being a fake engine
behind TLS), `before` are commands whose output nobody reads, `files` are written below the store. In all
texts `{HOME}`, `{STORE}` and `{ENGINE}` stand for what they are.
"""

import json

import pytest

from tests.support.places import CASE_FILES

FOLDER = CASE_FILES / "cli"


def cases():
    for file in sorted(FOLDER.glob("*.json")):
        for case in json.loads(file.read_text()):
            yield pytest.param(case, id=f"{file.stem}: {case['name']}")


@pytest.mark.parametrize("case", list(cases()))
def test_case(case, house):
    engine = house.engine() if "{ENGINE}" in json.dumps(case) else None

    def filled(text):
        text = text.replace("{HOME}", str(house.home)).replace("{STORE}", str(house.store))
        return text.replace("{ENGINE}", engine.address) if engine else text

    for name, url in case.get("machines", {}).items():
        house.create(name, filled(url))
    for words in case.get("before", []):
        house.run(*map(filled, words))
    for path, content in case.get("files", {}).items():
        file = house.store / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(filled(content))
    done = house.run(
        *map(filled, case["words"]),
        program=case.get("program", "docker-machine"),
        stdin=case.get("stdin", ""),
        variables={name: filled(value) for name, value in case.get("variables", {}).items()},
    )
    assert done.err == filled(case.get("stderr", ""))
    assert done.out == filled(case.get("stdout", ""))
    assert done.code == case.get("exit", 0)
    for path in case.get("gone", []):
        assert not (house.store / path).exists()
    for path in case.get("there", []):
        assert (house.store / path).exists()


def test_there_are_cases_for_every_command_of_docker_machine():
    from machsh.commands.declarations.docker_machine import COMMANDS

    names = {file.stem for file in FOLDER.glob("*.json")}
    assert {command.name for command in COMMANDS} <= names
