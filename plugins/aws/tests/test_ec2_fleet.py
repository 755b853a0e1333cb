"""Many machines at once: their states, what is left over, what Tab offers, and the permissions that all of it needs."""

import ast
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import machsh_aws
from machsh_aws import completion

from machsh.api import CompletionContext, State
from plugins.aws.tests.ec2_stand_in import REGION, Fault
from plugins.aws.tests.trial_machine import ANYBODY, TrialMachine

DOCUMENT = Path(__file__).parents[3] / "docs" / "drivers" / "amazonec2.md"
CHECKS = {"GetParameters": "ssm:GetParameters"}


def test_fifty_machines_are_one_question(trial, cloud):
    trial.created()
    (instance,) = cloud.living()
    drivers = []
    for number in range(50):
        driver = trial.again()
        driver.record.machine_name = f"web-{number}"
        drivers.append(driver)
    cloud.calls.clear()
    states = type(drivers[0]).states(drivers)
    assert states == {f"web-{number}": State.RUNNING for number in range(50)}
    assert cloud.calls == ["DescribeInstances"]
    assert {one.known_url() for one in drivers} == {f"tcp://{instance.public_ip}:2376"}


def test_the_address_is_asked_once_and_the_last_one_serves_without_an_answer(trial, cloud):
    before = trial.created().ip()
    cloud.backend.stop_instances([trial.driver.record.instance_id])
    cloud.backend.start_instances([trial.driver.record.instance_id])
    driver = trial.again()
    cloud.calls.clear()
    assert driver.ip() == driver.ip() == cloud.living()[0].public_ip != before
    assert cloud.calls == ["DescribeInstances"]
    cloud.faults.append(Fault("DescribeInstances", 401, "AuthFailure"))
    assert trial.again().ip() == before


def test_a_region_that_does_not_answer_hides_no_other(trial, cloud):
    trial.created()
    here, there = trial.again(), trial.again()
    there.record.machine_name, there.record.region = "far", "eu-west-1"
    there.record.retry_count = 0
    cloud.faults.append(Fault("DescribeInstances", 401, "AuthFailure", times=1, skip=1))
    assert type(here).states([here, there]) == {"web": State.RUNNING}


def test_what_no_record_knows_is_an_orphan_and_can_be_removed_twice(trial, cloud):
    driver = trial.created()
    kind, store = type(driver), driver.store
    assert kind.orphans(trial.context(), store, [driver]) == []
    found = kind.orphans(trial.context(), store, [])
    assert [(one.kind, one.machine, one.store, bool(one.cost)) for one in found] == [
        ("instance", "web", "", True),
        ("security-group", "web", "", True),
        ("key-pair", "web", "", True),
    ]
    elsewhere = kind.orphans(trial.context(), trial.folder / "other", [])
    assert all(one.store for one in elsewhere)
    for one in (*found, *found):
        kind.remove_orphan(one, trial.context(), store)
    assert cloud.left() == {}


def test_what_others_made_is_no_orphan(trial, cloud):
    trial.created()
    instance = cloud.living()[0]
    for key in ("machsh-owner", "machsh-machine", "machsh-store"):
        cloud.backend.delete_tags([instance.id], {key: None})
    kinds = [one.kind for one in type(trial.driver).orphans(trial.context(), trial.driver.store, [])]
    assert kinds == ["security-group", "key-pair"]


def test_a_spot_instance_is_made_and_ended(trial, cloud):
    driver = trial.created({**ANYBODY, "amazonec2-request-spot-instance": True})
    assert cloud.living()[0].lifecycle == "spot"
    assert [one.kind for one in driver.noted] == ["key-pair", "security-group", "instance", "spot-request"]
    assert cloud.left()["spot-request"] == 1
    trial.again().remove()
    assert cloud.left() == {}


def test_tab_offers_what_amazon_has_and_asks_once(cloud, tmp_path):
    trial = TrialMachine(cloud, tmp_path)
    variables = {**trial.variables, "HOME": str(tmp_path)}
    context = CompletionContext(arguments=("--amazonec2-region", REGION), variables=variables)
    assert "eu-west-1" in completion.regions(context)
    assert completion.zones(context)[:2] == ["a", "b"]
    assert "t3.micro" in completion.instance_types(context)
    before = list(cloud.calls)
    assert "t4g.micro" in completion.instance_types(
        replace(context, arguments=(f"--amazonec2-region={REGION}",))
    )
    assert cloud.calls == before
    kept = next(tmp_path.rglob("amazonec2.json"))
    kept.write_text("[nonsense")
    assert "t3.micro" in completion.instance_types(context)


def test_tab_offers_networks_groups_keys_and_profiles(cloud, tmp_path):
    trial = TrialMachine(cloud, tmp_path)
    driver = trial.created()
    context = CompletionContext(variables={**trial.variables, "HOME": str(tmp_path)})
    (vpc,) = completion.vpcs(context)
    assert driver.record.subnet_id in completion.subnets(
        replace(context, arguments=("--amazonec2-vpc-id", vpc))
    )
    assert completion.subnets(replace(context, arguments=("--amazonec2-vpc-id", "vpc-other"))) == []
    assert completion.key_pairs(context) == [driver.record.key_name]
    assert driver.record.key_name in completion.security_groups(context)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default]\n[profile work]\n")
    assert completion.profiles(context) == ["default", "work"]


def test_a_dry_run_says_what_would_be_made(trial, cloud):
    driver = trial.checked({**ANYBODY, "amazonec2-volume": ["20"], "amazonec2-open-port": ["80"]})
    rows = [(one.kind, one.details) for one in driver.plan()]
    assert [kind for kind, _ in rows] == ["key-pair", "security-group", "instance", "volume", "volume"]
    assert rows[1][1] == "22, 2376 from 198.51.100.7/32; 80 from everywhere"
    assert rows[2][1].startswith("t3.micro, ami-0a00ubuntu01, us-east-1a")
    assert cloud.left() == {}


def policy():
    """The actions of the policy in the driver's page."""
    document = json.loads(re.search(r"```json\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[1])
    return {action for one in document["Statement"] for action in one["Action"]}


def calls_in_source():
    """The actions of every call that the plugin can make."""
    found = set()
    for path in Path(machsh_aws.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if re.fullmatch(
                    r"(?:describe|create|delete|run|terminate|start|stop|reboot|import|get|authorize|cancel)(?:_[a-z]+)+",
                    text,
                ):
                    found.add("".join(part.capitalize() for part in text.split("_")))
    return {CHECKS.get(one, f"ec2:{one}") for one in found}


def test_the_policy_has_what_the_plugin_calls_and_nothing_else():
    tagging, roles = {"ec2:CreateTags"}, {"iam:PassRole"}
    assert policy() - tagging - roles == calls_in_source()


def test_the_calls_of_a_life_are_in_the_policy(trial, cloud):
    driver = trial.created()
    driver.stop()
    driver.start()
    driver.last_words()
    type(driver).orphans(trial.context(), driver.store, [])
    trial.again().remove()
    made = Counter(CHECKS.get(one, f"ec2:{one}") for one in cloud.calls)
    assert set(made) <= policy()
