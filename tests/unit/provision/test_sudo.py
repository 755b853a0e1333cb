"""What sudo says is shown, with the hint that fits it; the words are those of sudo 1.8 and 1.9."""

import pytest

from machsh.errors import RefusedError
from machsh.provision.checks import check_root

SAID = {
    "requiretty": ("sudo: sorry, you must have a tty to run sudo", "!requiretty"),
    "a password": ("sudo: a password is required", "NOPASSWD"),
    "a terminal": (
        "sudo: a terminal is required to read the password; either use the -S option to read from standard input",
        "NOPASSWD",
    ),
    "no sudoer": ("bob is not in the sudoers file.\nThis incident has been reported.", "NOPASSWD"),
    "not allowed": ("Sorry, user bob may not run sudo on web.", "NOPASSWD"),
    "no sudo": ("sudo: command not found", "log in as root"),
    "no setuid": ("sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set", "chmod 4755"),
    "no new privileges": (
        'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.',
        "may gain no rights",
    ),
    "expired": ("sudo: Account expired or PAM config lacks an 'account' section for sudo", "chage -l bob"),
    "syntax": ("/etc/sudoers.d/x:1:1: syntax error", "visudo -c"),
    "anything else": ("sudo: der Mond ist aus Käse", "NOPASSWD"),
}


@pytest.mark.parametrize("case", SAID.values(), ids=SAID)
def test_sudos_own_words_stand_next_to_the_hint_that_fits(case):
    said, hint = case
    with pytest.raises(RefusedError) as caught:
        check_root({"root": "bob", "sudo": said})
    assert str(caught.value).startswith("bob cannot become root on the host without a password: ")
    for line in said.splitlines():
        assert line in str(caught.value)
    assert hint in caught.value.hint


def test_the_remedy_names_a_file_that_sudo_reads():
    with pytest.raises(RefusedError) as caught:
        check_root({"root": "me.too", "sudo": "sudo: a password is required"})
    assert caught.value.hint.endswith("me.too ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/me_too")


def test_without_words_the_message_is_as_before():
    with pytest.raises(RefusedError, match=r"^bob cannot become root on the host without a password$"):
        check_root({"root": "bob"})
