"""Runners without a host: one answers from a list, one runs commands on this computer."""

import subprocess

from machsh.errors import DeadlineError
from machsh.ssh.target import Completed


class Scripted:
    """Gives each command the next answer (an exception is raised); repeats the last one."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = []

    def run(self, words, *, stdin=b"", seconds=60.0):
        self.calls.append((list(words), stdin, seconds))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Local:
    """Runs commands on this computer."""

    def run(self, words, *, stdin=b"", seconds=60.0):
        try:
            done = subprocess.run(list(words), input=stdin, capture_output=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired as error:
            raise DeadlineError(f"no answer within {seconds:g} s") from error
        return Completed(done.returncode, done.stdout.decode(), done.stderr.decode())


class Told:
    """Records progress as (kind, text)."""

    def __init__(self):
        self.lines = []

    def __getattr__(self, kind):
        return lambda text: self.lines.append((kind, text))
