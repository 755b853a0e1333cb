"""Tags, images, user data, credentials, retries and waits that drivers of clouds share."""

import email
import json

import pytest

from machsh.deadline import Deadline
from machsh.drivers.cloud import caller_address
from machsh.drivers.cloud.api_retry import TryAgain, provider_hint, retrying
from machsh.drivers.cloud.caller_address import caller_network, networks
from machsh.drivers.cloud.cloud_console import console_lines
from machsh.drivers.cloud.cloud_tags import CloudTags, tag_value
from machsh.drivers.cloud.cloud_user_data import CloudUserData
from machsh.drivers.cloud.cloud_wait import wait_at_provider
from machsh.drivers.cloud.credential_search import CredentialPlace, find_credential
from machsh.drivers.cloud.image_choice import CatalogImage, newest_image
from machsh.drivers.guest.seed import HostKey
from machsh.errors import DeadlineError, MachshError, UsageError
from machsh.testing.fakes import FakeClock, FakeEnvironment

KEY = HostKey("PRIVATE", "ssh-ed25519 AAAA root@web")


def test_tags_are_read_as_they_were_written():
    tags = CloudTags("web", "f" * 32, "abc")
    assert CloudTags.from_dict({**tags.to_dict(), "team": "blue"}) == tags
    assert CloudTags.from_dict({"machsh-machine": "web"}) is None


@pytest.mark.parametrize(
    ("text", "value"), [("a.b_c-d", "a.b_c-d"), ("-a b-", "a-b"), ("ü", ""), ("x" * 99, "x" * 63)]
)
def test_a_tags_value_has_the_letters_of_labels_only(text, value):
    assert tag_value(text) == value


def image(version, system="ubuntu", **more):
    return CatalogImage(f"{system}{version}", system, version, **more)


@pytest.mark.parametrize(
    ("images", "chosen"),
    [
        ([image("22.04"), image("24.04"), image("25.10"), image("25.04")], "ubuntu24.04"),
        ([image("24.04", is_deprecated=True), image("22.04")], "ubuntu22.04"),
        ([image("24.04", architecture="arm"), image("12", "debian"), image("11", "debian")], "debian12"),
        ([image("24.04"), image("13", "debian")], "ubuntu24.04"),
        ([image("42", "fedora"), image("latest")], None),
    ],
)
def test_the_newest_lts_is_chosen_else_the_newest_debian(images, chosen):
    found = newest_image(images)
    assert (found and found.identifier) == chosen


def test_of_two_images_of_a_version_the_newer_is_chosen():
    both = [CatalogImage(f"{day}", "ubuntu", "24.04", created=f"2026-01-0{day}") for day in (2, 3, 1)]
    assert newest_image(both).identifier == "3"


def test_user_data_has_the_host_key_and_nothing_is_upgraded():
    text = CloudUserData(host_keys=(KEY,), authorized_keys=("ssh-ed25519 BBBB",)).text(1 << 15)
    assert text.startswith("#cloud-config\n{")
    config = json.loads(text.partition("\n")[2])
    assert config["ssh_keys"] == {"ed25519_private": "PRIVATE", "ed25519_public": KEY.public}
    assert config["ssh_authorized_keys"] == ["ssh-ed25519 BBBB"]
    assert config["package_upgrade"] is False


@pytest.mark.parametrize(
    ("own", "kind"),
    [("#!/bin/sh\nid\n", "text/x-shellscript"), ("#cloud-config\npackages: [jq]\n", "text/cloud-config")],
)
def test_the_users_part_follows_ours_and_does_not_replace_it(own, kind):
    whole = email.message_from_string(CloudUserData(host_keys=(KEY,), own=own).text(1 << 15))
    ours, theirs = whole.get_payload()
    assert (ours.get_content_type(), theirs.get_content_type()) == ("text/cloud-config", kind)
    assert "no_replace" in theirs["Merge-Type"]
    assert theirs.get_payload(decode=True).decode() == own


def test_user_data_that_cloud_init_would_not_know_or_take_is_refused():
    with pytest.raises(UsageError, match="nothing that cloud-init knows"):
        CloudUserData(own="hello").text(1 << 15)
    with pytest.raises(UsageError, match="bytes, and the provider takes 100"):
        CloudUserData(host_keys=(KEY,)).text(100)


def test_the_first_credential_wins_and_a_failure_names_all_places():
    def broken():
        raise MachshError("no such profile")

    places = [
        CredentialPlace("TOKEN", lambda: ""),
        CredentialPlace("a file", broken),
        CredentialPlace("that", lambda: " x "),
    ]
    assert find_credential(places, "token", "make one") == find_credential(places[2:], "token", "")
    with pytest.raises(UsageError, match="no token was found") as caught:
        find_credential(places[:2], "token", "make one")
    assert caught.value.hint == "looked at: TOKEN, a file (no such profile); make one"
    assert " x " not in repr(find_credential(places, "token", ""))


class BusyError(Exception):
    """What a provider says that is busy."""


def failing(times):
    def call():
        nonlocal times
        times -= 1
        if times >= 0:
            raise BusyError("busy")
        return "done"

    return call


def test_a_busy_provider_is_asked_again_after_its_own_pause():
    pauses = []
    done = retrying(
        failing(2), Deadline.after(60, FakeClock()), lambda error: TryAgain(7.0), pause=pauses.append
    )
    assert (done, pauses) == ("done", [7.0, 7.0])


def test_without_a_hint_the_pauses_grow():
    pauses = []
    retrying(failing(5), Deadline.after(600, FakeClock()), lambda error: TryAgain(), pause=pauses.append)
    assert pauses[0] <= 1.0 < pauses[-1] <= 30.0


def test_no_pause_goes_beyond_the_deadline():
    with pytest.raises(BusyError):
        retrying(failing(9), Deadline.after(5, FakeClock()), lambda error: TryAgain(6.0), pause=pytest.fail)


def test_what_is_not_for_now_only_is_raised_at_once():
    with pytest.raises(BusyError):
        retrying(failing(1), Deadline.after(5, FakeClock()), lambda error: None, pause=pytest.fail)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:02:00 GMT"}, 20.0),
        ({"Retry-After": "soon"}, None),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "150"}, 50.0),
        ({"RateLimit-Remaining": "9", "RateLimit-Reset": "150"}, None),
        ({}, None),
    ],
)
def test_the_providers_hint_is_read_in_its_forms(headers, seconds):
    assert provider_hint(headers, 100.0) == seconds


def test_a_wait_ends_with_the_providers_reason():
    with pytest.raises(DeadlineError, match="the server: not there after 0 s: it is pending"):
        wait_at_provider(lambda: False, Deadline.after(0), "the server", lambda: "it is pending", 0)


@pytest.mark.parametrize(
    ("text", "network"),
    [("192.0.2.7", "192.0.2.7/32"), ("192.0.2.7/24", "192.0.2.0/24"), ("2001:db8::/32", "2001:db8::/32")],
)
def test_networks_are_written_as_the_provider_takes_them(text, network):
    assert networks([text], "open-to") == [network]


def test_the_callers_address_is_asked_of_a_service(monkeypatch):
    monkeypatch.setattr(caller_address, "_ask", lambda service, seconds: f"{len(service) and '192.0.2.7'}\n")
    assert caller_network(FakeEnvironment(), "x-open-to") == "192.0.2.7/32"


@pytest.mark.parametrize("failure", [OSError("unreachable"), ValueError("no")])
def test_an_address_that_cannot_be_told_is_an_error_with_the_option(monkeypatch, failure):
    def ask(service, seconds):
        raise failure

    monkeypatch.setattr(caller_address, "_ask", ask)
    with pytest.raises(MachshError, match="public address") as caught:
        caller_network(FakeEnvironment(), "x-open-to")
    assert "--x-open-to CIDR" in caught.value.hint


def test_a_service_that_answers_with_a_page_is_not_believed(monkeypatch):
    monkeypatch.setattr(caller_address, "_ask", lambda service, seconds: "<html>")
    with pytest.raises(MachshError, match="does not tell"):
        caller_network(FakeEnvironment(), "x-open-to")


def test_a_service_that_anybody_on_the_way_could_change_is_not_asked():
    environment = FakeEnvironment(variables={"MACHSH_ADDRESS_SERVICE": "http://example.com"})
    with pytest.raises(UsageError, match="is not https"):
        caller_network(environment, "x-open-to")


def test_the_console_of_a_server_ends_a_message_as_plain_text():
    text = "one\r\n\x1b[32mtwo\x1b[0m\n\n  \nthree\x07\n"
    assert console_lines(text) == ["one", "two", "three"]
    assert console_lines(text, 1) == ["three"]
