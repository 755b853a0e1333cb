"""What drivers of clouds inherit: states by account, deadlines, and errors of servers that are not there."""

from dataclasses import dataclass

import pytest

from machsh.drivers.cloud.cloud_driver import CloudDriver, CloudRecord
from machsh.drivers.driver import State
from machsh.errors import MachshError
from machsh.record import checked
from machsh.testing.fakes import fake_context
from machsh.validators import WORD


@dataclass
class TallyRecord(CloudRecord):
    account_name: str = checked(WORD)
    server: str = checked(WORD)


class TallyDriver(CloudDriver):
    """A driver that notes whom it asks."""

    name = "tally"
    record_type = TallyRecord
    record: TallyRecord
    asked: list

    def configure(self, values):
        """Take nothing."""

    create = start = stop = kill = restart = configure

    def provider(self):
        raise MachshError("nobody is asked")

    def state(self):
        return State.ERROR

    def account(self):
        if self.record.account_name == "lost":
            raise MachshError("there is no token")
        return self.record.account_name or None

    def servers(self, members, seconds):
        self.asked.append((self.record.account_name, len(members), seconds))
        if self.record.account_name == "broken":
            raise MachshError("the account is closed")
        return {"a": State.RUNNING, "b": State.STOPPED}

    def server_key(self):
        return self.record.server

    def learn(self, found):
        return found


@pytest.fixture
def asked():
    return []


def driver(asked, tmp_path, name, account, server="a", seconds=60.0):
    record = TallyRecord(machine_name=name, account_name=account, server=server)
    one = TallyDriver(record, fake_context(tmp_path, seconds=seconds))
    one.asked = asked
    return one


def test_each_account_is_asked_once_within_the_least_time(asked, tmp_path):
    drivers = [
        driver(asked, tmp_path, "one", "blue"),
        driver(asked, tmp_path, "two", "blue", "b", seconds=5.0),
        driver(asked, tmp_path, "three", "red"),
        driver(asked, tmp_path, "gone", "red", "c"),
    ]
    assert TallyDriver.states(drivers) == {"one": State.RUNNING, "two": State.STOPPED, "three": State.RUNNING}
    assert asked == [("blue", 2, 5.0), ("red", 2, 60.0)]


@pytest.mark.parametrize("account", ["broken", "lost", ""])
def test_an_account_that_cannot_be_asked_spoils_no_other(asked, tmp_path, account):
    drivers = [driver(asked, tmp_path, "one", account), driver(asked, tmp_path, "two", "red")]
    assert TallyDriver.states(drivers) == {"two": State.RUNNING}


def test_where_no_account_answers_the_reason_is_told(asked, tmp_path):
    with pytest.raises(MachshError, match="the account is closed"):
        TallyDriver.states([driver(asked, tmp_path, "one", "broken")])


def test_a_question_has_less_time_and_is_told_of_less(asked, tmp_path):
    one = driver(asked, tmp_path, "one", "blue", seconds=30.0)
    assert [one.limits(seconds)[0].seconds for seconds in (0, 10, 99)] == [30.0, 10, 30.0]
    progress = one.context.progress
    assert [one.limits(seconds)[1] for seconds in (0, 10)] == [progress.info, progress.debug]


def test_a_server_that_is_not_there_is_told_with_what_helps(asked, tmp_path):
    one = driver(asked, tmp_path, "one", "blue")
    assert one.never_made("droplet").hint == "machsh create --resume one"
    assert str(one.gone("X has no server 1 of one")) == "machine does not exist: X has no server 1 of one"
    assert one.gone("").hint.endswith("machsh rm one")


def test_a_resource_is_found_in_the_record_by_its_kind(asked, tmp_path):
    one = driver(asked, tmp_path, "one", "blue")
    one.record.resources = [{"Kind": "key", "Name": "k"}, {"Kind": "wall", "Name": "w", "Identifier": "7"}]
    assert [one.identifier_of(kind) for kind in ("wall", "key", "server")] == ["7", "", ""]
