import pytest

from machsh.language import is_complete
from machsh.language.pasted import Pasted, without_prompts

COMMANDS = {"docker", "docker-machine", "ps", "ls", "use", "images", "run", "eval", "create", "start"}


class Judge:
    """Knows a handful of commands, and the machines `web` and `local`."""

    is_complete = staticmethod(is_complete)

    def is_known(self, line):
        return bool(line.split()) and line.split()[0] in COMMANDS

    def is_right(self, line):
        return self.is_known(line) and "wrong" not in line

    def is_program(self, line):
        return line.startswith("curl ")

    def is_machine(self, name):
        return name in ("web", "local")


def stripped(text):
    return without_prompts(text, Judge())


@pytest.mark.parametrize(
    "prompt",
    [
        "$ ", "% ", "> ", "  $ ", "$   ", "PS C:\\> ", "PS C:\\Users\\me> ", "PS /home/me> ", "PS> ", "C:\\>",
        "C:\\Users\\me> ", "user@host:~$ ", "user@host:~/work$ ", "root@host:/# ", "[root@host ~]# ", "[me@host ~]$ ",
        "(venv) $ ", "(venv) me@host:~$ ", "me@mac ~ % ", "bash-5.1$ ", "sh-4.2# ", "host:~ me$ ", "web ❯ ", "local ❯ ",
        "docker-machine-1 ❯ ", "no machine ❯ ", "web > ", "local > ", "❯ ", "➜  ~ ", "# ", ">>> ", "/ # ", "~ # ",
        "/app # ", "~/work $ ", "[12:03:11] me@host:~$ ", "12:03 me@host $ ", "me@host ~/work (main) $ ", "λ ", "host% ",
        "me@host:~/work (main *)$ ", "(base) ➜  ~ ", "➜  work git:(main) ✗ ", "me@host ~/w (main)> ", "└─$ ", "╰─➤ ",
        "In [1]: ", "~/work on  main [!?] via 🐍 v3.11 ❯ ", "machsh> ", "pi@raspberrypi:~ $ ", "[~/x]$ ", "web> ",
        "C:\\Program Files\\x>", "PS C:\\Program Files\\x> ", "[host]: PS C:\\> ", "[root@ip-10-0-0-1 ec2-user]# ",
    ],
)  # fmt: skip
def test_a_prompt_before_a_known_line_is_taken_away(prompt):
    assert stripped(f"{prompt}docker ps -a") == Pasted("docker ps -a")


@pytest.mark.parametrize(
    "text",
    [
        "docker ps", "docker ps > images", "# a comment", "# start the database", "# ls: lists the machines.",
        "# start wrong", "$ frobnicate", "$", "$HOME", "ps # docker ps", "elsewhere > ps", "web ❯ nothing", "", "  ",
        "# create a machine\ncreate -d docker web", "ps \\\n> images", "frob > ps", "frob # ls", "docker rnu x > ps",
        "elsewhere> ps", "foo bar $ ls", "docker rmm x # docker run x", "see: ls",
    ],
)  # fmt: skip
def test_anything_else_stays_as_it_is(text):
    assert stripped(text) == Pasted(text)


def test_programs_behind_a_prompt_count_but_not_behind_a_comment_sign():
    assert stripped("$ curl x").text == "curl x"
    assert stripped("# curl x").text == "# curl x"


def test_output_between_prompted_lines_is_left_out():
    text = "$ docker ps\nCONTAINER ID   IMAGE\nabc   nginx\n\n$ docker images\nREPOSITORY\n"
    assert stripped(text) == Pasted("docker ps\n\ndocker images\n", 3)


def test_lines_before_the_first_prompt_are_kept():
    assert stripped("ls\n$ ps\nPID").text == "ls\nps"


def test_comments_between_prompted_lines_stay_comments():
    assert stripped("# start it\n$ docker ps\n# look\n$ ls").text == "# start it\ndocker ps\n# look\nls"


@pytest.mark.parametrize("prompt", ["> ", ">> ", "· ", ">"])
def test_a_continued_line_loses_its_continuation_prompt(prompt):
    text = f"$ docker run \\\n{prompt}-it \\\n{prompt}busybox\noutput\n$ ps"
    assert without_prompts(text.replace(">-", "> -").replace(">b", "> b"), Judge()) == Pasted(
        "docker run \\\n-it \\\nbusybox\nps", 1
    )


def test_root_prompts_in_every_line():
    assert stripped("# docker ps\nCONTAINER ID\n# docker images").text == "docker ps\ndocker images"


def test_lines_before_the_first_prompt_that_are_no_commands_are_left_out():
    text = "me@HOST MINGW64 ~/work (main)\n$ docker ps\nCONTAINER ID"
    assert stripped(text) == Pasted("docker ps", 2)
