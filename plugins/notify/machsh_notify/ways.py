"""The ways to reach the user: webhook, desktop, bell."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from urllib.request import Request, urlopen

from machsh.api import Environment, Event

Way = Callable[[Event], None]
SECONDS = 5.0
"""Timeout of one way."""


def ways(environment: Environment) -> list[Way]:
    """Return the ways that are available in this environment."""
    found: list[Way] = []
    url = environment.variable("MACHSH_NOTIFY_WEBHOOK")
    if url:
        found.append(partial(post, url))
    command = desktop_command(environment)
    if command:
        found.append(partial(show, command, environment.variables))
    if environment.is_terminal(environment.stderr):
        found.append(partial(ring, environment))
    return found


def sentence(event: Event) -> str:
    """Return the notification's text: `web is ready after 42 s`."""
    seconds = f"{event.seconds:.0f} s"
    return (
        f"{event.machine} failed after {seconds}: {event.error}"
        if event.error
        else (f"{event.machine} is ready after {seconds}")
    )


def post(url: str, event: Event) -> None:
    """Post the event as JSON. Raises OSError if the request fails, ValueError unless the URL is http(s)."""
    document = {
        "event": event.kind,
        "machine": event.machine,
        "driver": event.driver,
        "seconds": round(event.seconds, 1),
        "error": event.error,
    }
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"MACHSH_NOTIFY_WEBHOOK is not an http address: {url!r}")
    request = Request(url, json.dumps(document).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=SECONDS):
        pass


def desktop_command(environment: Environment) -> Callable[[str], list[str]] | None:
    """Return a function from a text to the command that shows it on the desktop; None without a desktop."""
    search = environment.variable("PATH")
    if environment.platform == "darwin" and shutil.which("osascript", path=search):
        script = 'on run argv\ndisplay notification (item 1 of argv) with title "machsh"\nend run'
        return lambda text: ["osascript", "-e", script, text]
    has_desktop = environment.variable("DISPLAY") or environment.variable("WAYLAND_DISPLAY")
    if has_desktop and shutil.which("notify-send", path=search):
        return lambda text: ["notify-send", "--app-name=machsh", "machsh", text]
    return None


def show(command: Callable[[str], list[str]], variables: dict[str, str], event: Event) -> None:
    """Show the notification on the desktop. Raises OSError if the program is missing or fails."""
    done = subprocess.run(
        command(sentence(event)),
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise OSError(f"the desktop notification failed: {done.stderr.decode(errors='replace').strip()}")


def ring(environment: Environment, event: Event) -> None:
    """Ring the terminal's bell."""
    environment.stderr.write("\a")
    environment.stderr.flush()
