"""Calls of docker-machine's protocol on a driver of ours, without a connection."""

import json

import pytest

from machsh.drivers.bridge.message_types import OPTIONS, OPTIONS_NAME, option_value
from machsh.drivers.bridge.served_driver import ServedDriver
from machsh.drivers.bridge.served_options import flags_of, values_of
from machsh.drivers.bridge.wire.gob import INT, Interface
from machsh.drivers.bridge.wire.rpc import RpcError
from machsh.drivers.generic import GenericDriver
from machsh.drivers.none import NoneDriver
from machsh.options import Kind, Option
from machsh.testing.fakes import fake_context
from tests.support.served_trial import TrialDriver

OPTIONS_OF_TRIAL = TrialDriver.options


class Lines:
    def __init__(self):
        self.lines = []

    def step(self, text):
        self.lines.append(text)

    info = warning = debug = step


def argument(**values):
    sent = {name.replace("_", "-"): value for name, value in values.items()}
    return Interface(OPTIONS_NAME, {"Values": sent}, OPTIONS)


def call(driver, name, sent=None):
    return driver.methods()[name].run({} if sent is None else sent)


@pytest.fixture
def served(tmp_path):
    return ServedDriver(TrialDriver, "trial", fake_context(tmp_path))


def test_values_that_are_left_out_or_of_another_type_become_empty_and_are_told():
    heard = Lines()
    sent = argument(trial_text=option_value("t"), trial_number=option_value("9"), trial_switch=None)
    values = values_of(OPTIONS_OF_TRIAL[:4], sent, heard)
    assert values.content == {"trial-text": "t", "trial-number": 0, "trial-switch": False, "trial-item": []}
    assert heard.lines == [
        "Type assertion did not go smoothly to int for key trial-number",
        "Type assertion did not go smoothly to bool for key trial-switch",
        "Trying to access option trial-item which does not exist",
        "THIS ***WILL*** CAUSE UNEXPECTED BEHAVIOR",
        "Type assertion did not go smoothly to string slice for key trial-item",
    ]


def test_options_that_differ_from_their_default_count_as_given():
    sent = argument(
        trial_text=option_value("plain"), trial_number=option_value(8), trial_item=option_value(["x"])
    )
    assert values_of(OPTIONS_OF_TRIAL[:4], sent, Lines()).given == {"trial-number", "trial-item"}


@pytest.mark.parametrize("sent", [{}, None, 3, Interface("other", {}, INT), Interface(OPTIONS_NAME, 3, INT)])
def test_what_is_no_set_of_options_is_refused(sent):
    with pytest.raises(ValueError, match="RPCFlags"):
        values_of(OPTIONS_OF_TRIAL, sent, Lines())


def test_numbers_in_a_list_of_texts_are_no_list_of_texts():
    sent = argument(trial_item=Interface("[]int", [1, 2]))
    assert values_of(OPTIONS_OF_TRIAL[3:4], sent, Lines()).content == {"trial-item": []}


def test_a_list_with_a_default_keeps_it_in_its_flag():
    (flag,) = flags_of([Option("x-item", "Items", Kind.LIST, ["a"])])
    assert (flag.name, flag.value["Value"]) == ("*mcnflag.StringSliceFlag", ["a"])


def test_a_fault_names_itself_without_the_environments_secrets(tmp_path):
    context = fake_context(tmp_path)
    context.environment.variables["ACME_TOKEN"] = "s3cr3t-of-mine"
    served = ServedDriver(TrialDriver, "trial", context)
    call(served, "SetConfigRaw", b'{"Behaviour": "create=fault:s3cr3t-of-mine"}')
    with pytest.raises(RpcError, match=r"^Panic in the driver: KeyError") as caught:
        call(served, "Create")
    assert "s3cr3t-of-mine" not in str(caught.value)


@pytest.mark.parametrize(
    "record", [b"", b"\xff", b"[]", b"7", b'{"SSHPort": 70000}', b'{"StorePath": "-x"}', 7, {}]
)
def test_a_record_that_is_none_changes_nothing(served, record):
    call(served, "SetConfigRaw", b'{"MachineName": "web"}')
    with pytest.raises(RpcError):
        call(served, "SetConfigRaw", record)
    assert call(served, "GetMachineName") == "web"


def test_null_gives_a_field_its_default_and_unknown_keys_come_back(served):
    call(served, "SetConfigRaw", b'{"Text": "t", "Big": 36028797018963969}')
    call(served, "SetConfigRaw", b'{"Text": null, "Later": [1]}')
    stored = json.loads(call(served, "GetConfigRaw"))
    assert (stored["Text"], stored["Big"], stored["Later"]) == ("", 36028797018963969, [1])


def test_a_driver_without_ssh_has_no_place_for_it(tmp_path):
    served = ServedDriver(NoneDriver, "none", fake_context(tmp_path))
    call(served, "SetConfigRaw", b'{"URL": "tcp://192.0.2.9:2376", "IPAddress": "192.0.2.9"}')
    asked = ("GetSSHHostname", "GetSSHPort", "GetSSHUsername", "GetSSHKeyPath", "GetURL")
    assert [call(served, one) for one in asked] == ["", 0, "", "", "tcp://192.0.2.9:2376"]


def test_an_address_of_ipv6_is_told_to_who_asks_for_one(tmp_path):
    served = ServedDriver(GenericDriver, "generic", fake_context(tmp_path))
    for address, shown in (("2001:db8::7", "2001:db8::7"), ("192.0.2.7", "")):
        call(served, "SetConfigRaw", json.dumps({"IPAddress": address}).encode())
        assert (call(served, "GetIP"), call(served, "GetIPv6")) == (address, shown)
