"""Runs a program in a pseudo-terminal as a user would: types keys and reads the screen that pyte emulates."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 15.0
KEYS = {
    "enter": "\r", "tab": "\t", "esc": "\x1b", "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D",
    "alt-right": "\x1b\x1b[C", "alt-enter": "\x1b\r", "f1": "\x1bOP", "f3": "\x1bOR", "f4": "\x1bOS", "ctrl-c": "\x03",
    "ctrl-d": "\x04", "ctrl-l": "\x0c", "ctrl-r": "\x12", "ctrl-z": "\x1a", "ctrl-x": "\x18", "ctrl-e": "\x05", "ctrl-u": "\x15",
    "ctrl-a": "\x01", "backspace": "\x7f",
}  # fmt: skip
PROMPT = re.compile("❯ $")
PASTE_START, PASTE_END = "\x1b[200~", "\x1b[201~"


class Screen:
    """Runs a program on a screen of `columns` x `lines` and answers its cursor-position requests."""

    def __init__(self, argv, *, env, cwd=None, columns=80, lines=24):
        self.display = pyte.HistoryScreen(columns, lines, history=5000)
        self.stream = pyte.ByteStream(self.display)
        self.raw = b""
        self.answers_cursor = True
        """Whether to answer requests for the cursor's position."""
        self.read_at = []
        """(time, length of `raw` afterwards) of each read."""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.child = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_own_terminal,
        )
        os.close(slave)

    @classmethod
    def machsh(cls, home, *arguments, **options):
        """Run machsh with this home folder."""
        return cls(
            [sys.executable, "-m", "machsh", *arguments],
            env=environment(home, **options.pop("variables", {})),
            **options,
        )

    def pump(self, seconds=0.05):
        """Read once what the program has drawn, waiting at most `seconds`; return whether anything came."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        if not data:
            return False
        self.raw += data
        self.read_at.append((time.monotonic(), len(self.raw)))
        self.stream.feed(data)
        for _ in range(data.count(b"\x1b[6n") if self.answers_cursor else 0):
            os.write(self.master, f"\x1b[{self.display.cursor.y + 1};{self.display.cursor.x + 1}R".encode())
        return True

    def type(self, text):
        """Type a text."""
        os.write(self.master, text.encode())
        return self

    def press(self, *names):
        """Press keys by their names in `KEYS`, one after the other."""
        for name in names:
            os.write(self.master, KEYS[name].encode())
            self.settle(0.02)
        return self

    def settle(self, seconds=0.15):
        """Read until the program has drawn nothing for `seconds`."""
        ends = time.monotonic() + PATIENCE
        while self.pump(seconds) and time.monotonic() < ends:
            continue
        return self

    def wait_for(self, text, seconds=PATIENCE):
        """Wait until a text (or a compiled pattern) is on the screen."""
        self.wait_until(lambda: self.shows(text), f"{text!r} on the screen", seconds)
        return self

    def wait_for_prompt(self, seconds=PATIENCE):
        """Wait until the shell reads a line again.

        Between two prompts the terminal is in its own mode, in which Ctrl-D reaches nobody.
        """
        self.wait_until(lambda: PROMPT.search(self._line_to_cursor()), "an empty prompt", seconds)
        return self.settle()

    def _line_to_cursor(self):
        cursor = self.display.cursor
        return self.display.display[cursor.y][: cursor.x]

    def wait_gone(self, text, seconds=PATIENCE):
        """Wait until a text is no longer on the screen."""
        self.wait_until(lambda: not self.shows(text), f"{text!r} gone from the screen", seconds)
        return self

    def wait_until(self, done, what, seconds=PATIENCE):
        """Wait until `done()` is true. Raises AssertionError naming `what` on timeout or when the program ends."""
        ends = time.monotonic() + seconds
        while not done():
            if time.monotonic() > ends:
                raise AssertionError(f"waited {seconds} s for {what}; the screen:\n" + "\n".join(self.lines))
            self.pump()
            if self.child.poll() is not None and not self.pump() and not done():
                raise AssertionError(
                    f"the program ended ({self.child.returncode}) before {what}:\n" + "\n".join(self.lines)
                )

    def shows(self, text):
        """Whether a text or pattern is on the screen now."""
        content = "\n".join(self.lines)
        return bool(text.search(content)) if isinstance(text, re.Pattern) else text in content

    @property
    def lines(self):
        """The screen's lines, without trailing blanks and without the empty lines at the end."""
        lines = [line.rstrip() for line in self.display.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def line(self, text):
        """Return the last line that contains a text."""
        found = [line for line in self.lines if text in line]
        assert found, f"{text!r} is not on the screen:\n" + "\n".join(self.lines)
        return found[-1]

    def look(self, text, row=None):
        """Return pyte's cells (colour, bold, ...) of a text's last occurrence."""
        for y in reversed(range(self.display.lines)) if row is None else [row]:
            column = self.display.display[y].rfind(text)
            if column >= 0:
                return [self.display.buffer[y][column + n] for n in range(len(text))]
        raise AssertionError(f"{text!r} is not on the screen:\n" + "\n".join(self.lines))

    def resize(self, columns, lines):
        """Change the window's size."""
        self.display.resize(lines, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.killpg(self.child.pid, signal.SIGWINCH)

    def wait_end(self, seconds=PATIENCE):
        """Wait for the program to end; return its exit code."""
        ends = time.monotonic() + seconds
        while self.child.poll() is None:
            assert time.monotonic() < ends, "the program has not ended; the screen:\n" + "\n".join(self.lines)
            self.pump()
        self.settle(0.02)
        return self.child.returncode

    def close(self):
        """Kill the program and close its terminal."""
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self.master)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def _own_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup, whose children ignore it


def environment(home, **variables):
    """Return the environment variables of a user with this home folder."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
    return {
        **kept, "HOME": str(home), "USER": "tester", "TERM": "xterm-256color", "LANG": "C.UTF-8", "SHELL": "/bin/sh",
        "PYTHONPATH": str(ROOT), "LINES": "", "COLUMNS": "", **variables,
    }  # fmt: skip
