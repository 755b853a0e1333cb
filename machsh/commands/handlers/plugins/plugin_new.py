"""`machsh plugins new`: writes a distribution with a plugin that works, its tests and a README."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from machsh.commands.command import Context
from machsh.errors import RefusedError, UsageError
from machsh.files import explain
from machsh.output.results import Text
from machsh.plugin import taken_names
from machsh.plugin.catalog import COMMANDS, COMPLETIONS, DRIVERS, EVENTS, PROVISIONERS

KINDS = {
    "driver": (DRIVERS, "SampleDriver"),
    "provisioner": (PROVISIONERS, "Sample"),
    "command": (COMMANDS, "command"),
    "completion": (COMPLETIONS, "sample_values"),
    "listener": (EVENTS, "listener"),
}
"""Kind -> the group of its entry point, and the name of the object in its template."""
_TAKEN = {
    "driver": taken_names.drivers,
    "provisioner": taken_names.provisioners,
    "command": lambda: taken_names.commands() | taken_names.docker_commands(),
    "completion": taken_names.kinds,
    "listener": frozenset,
}
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 40


def new(context: Context, words: Sequence[str]) -> Text:
    """Write the distribution into a new folder. Raises UsageError, and RefusedError if something is there."""
    kind = context.values.text("kind")
    if not kind:
        raise UsageError("plugins new: of which kind?", hint=f"--kind, one of {', '.join(KINDS)}")
    if len(words) not in (1, 2):
        raise UsageError("plugins new takes NAME [DIR]", hint="for example: plugins new acme --kind driver")
    name = words[0]
    _check_name(name, kind)
    folder = context.session.folder / Path(words[1] if len(words) == 2 else f"machsh-{name}").expanduser()
    files = dict(_files(name, kind))
    _write(folder, files)
    listed = "\n".join(f"  {path}" for path in files)
    return Text(
        f"{folder} is the {kind} {name}:\n{listed}\n"
        f"Its tests run with `python -m pytest` there; `machsh plugins check {folder}` tries it, "
        f"and `pipx inject machsh {folder}` installs it."
    )


def _check_name(name: str, kind: str) -> None:
    """Raise UsageError for a name that is none, or that machsh has taken."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise UsageError(
            f"{name!r} is no name of a plugin",
            hint="small letters, digits and single dashes, a letter first, such as my-cloud",
        )
    if name in _TAKEN[kind]():
        raise UsageError(f"machsh has a {kind} {name} of its own", hint="choose another name")


def _files(name: str, kind: str) -> Iterator[tuple[str, str]]:
    """Yield the path and text of each file. The templates are for a plugin with the name `sample`."""
    group, target = KINDS[kind]
    words = name.split("-")
    package = "_".join(words)
    changes = {
        "KIND": kind,
        "GROUP": group,
        "OBJECT": target,
        "machsh_sample": f"machsh_{package}",
        "sample_values": f"{package}_values",
        "SAMPLE": package.upper(),
        "Sample": "".join(word.capitalize() for word in words),
        "sample": name,
    }
    templates = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "machsh_sample/__init__.py": "",
        "machsh_sample/py.typed": "",
        "machsh_sample/KIND.py": f"{kind}.py",
        "tests/test_KIND.py": f"test_{kind}.py",
    }
    for path, template in templates.items():
        yield _changed(path, changes), _changed(_template(template), changes) if template else ""


def _template(name: str) -> str:
    return resources.files("machsh.plugin").joinpath("templates", f"{name}.in").read_text(encoding="utf-8")


def _changed(text: str, changes: dict[str, str]) -> str:
    for before, after in changes.items():
        text = text.replace(before, after)
    return text


def _write(folder: Path, files: dict[str, str]) -> None:
    """Write all files or none: the folder appears when it is complete."""
    if folder.is_symlink() or (folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))):
        raise RefusedError(f"{folder} exists already", hint="name another folder")
    temporary = ""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent)
        for path, text in files.items():
            place = Path(temporary, path)
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, encoding="utf-8")
        Path(temporary).chmod(0o755)
        Path(temporary).rename(folder)
    except OSError as error:
        raise explain(error, folder) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
