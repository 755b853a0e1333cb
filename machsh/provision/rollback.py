"""Shell scripts that keep the engine's former files on the host until it runs with the new ones.

The copies are in one folder of the host, from the first file that a plan replaces until the engine has
started. After an interrupted run they are still there, and the next run can restore them.
"""

from __future__ import annotations

from machsh.provision.provisioner import Recovery, Step
from machsh.ssh.target import quote

FOLDER = "/var/lib/machsh/former"
"""Contains copies of the former files under `files`, and an empty file under `absent` for each new one."""

PUT_BACK = "machsh: the former settings are back"
RUNS_AGAIN = "machsh: the engine runs with them"
"""Lines that the scripts print when the files are restored and when the engine runs; see `outcome`."""

# $1: the file. An existing copy is not overwritten: it is what the engine last ran with.
KEEP = """
keep() {
  if [ -z "$former" ] || [ -e "$former/files$1" ] || [ -e "$former/absent$1" ]; then return 0; fi
  kind=absent
  if [ -e "$1" ]; then kind=files; fi
  (umask 077; mkdir -p "$former/$kind$(dirname "$1")") || return 1
  if [ $kind = absent ]; then : > "$former/absent$1"; return; fi
  cp -p "$1" "$former/new" && mv -f "$former/new" "$former/files$1"
}
"""

# cp -p keeps the time, too: a restored file must not look newer than the running engine. A file that is a
# mount point cannot be replaced and is overwritten.
_PUT_BACK = """
put_back() {
  (
    cd "$former/files" 2>/dev/null || exit 0
    find . -type f | while IFS= read -r one; do
      path=${one#.}
      cp -p "$one" "$path.machsh" && mv -f "$path.machsh" "$path" 2>/dev/null && continue
      rm -f "$path.machsh"
      cat "$one" > "$path" || exit 1
    done
  ) || return 1
  (
    cd "$former/absent" 2>/dev/null || exit 0
    find . -type f | while IFS= read -r one; do rm -f "${one#.}" || exit 1; done
  ) || return 1
  rm -rf "$former"
}
"""

# $1: the service, $2: the number of log lines. Leaves out info and debug lines, and lines before the journal
# cursor $begin (if set), which are about former settings.
DIAGNOSE = """
diagnose() {
  if [ -d /run/systemd/system ]; then
    systemctl show "$1.service" --property=ActiveState,SubState,Result,ExecMainStatus | tr '\\n' ' '; echo
    journalctl -u "$1" ${begin:+"--after-cursor=$begin"} -n 200 --no-pager -o cat |
      grep -v -e level=info -e level=debug | tail -n "$2"
  else
    { rc-service "$1" status || service "$1" status || "/etc/init.d/$1" status; } 2>&1 | tail -n 3
    tail -n "$2" "/var/log/$1.log" "/var/log/upstart/$1.log" "/var/lib/boot2docker/$1.log"
  fi 2>/dev/null
}
"""

# $1: the folder, $2: the service, $3: the number of log lines. It is one script, so that it completes even if
# the connection breaks.
_TRY = """
trap '' HUP PIPE
former=$1
begin=$(journalctl -n 0 --show-cursor 2>/dev/null | sed -n 's/^-- cursor: //p')
(
set -e
{commands})
code=$?
if [ $code = 0 ]; then rm -rf "$former"; exit 0; fi
[ -d "$former" ] || exit $code
diagnose "$2" "$3"
{undo}
exit $code
"""

_UNDO = f"""
(:
{{stops}}) >/dev/null 2>&1
put_back || exit 1
echo "{PUT_BACK}"
(
set -e
{{starts}}) 2>&1 && echo "{RUNS_AGAIN}"
"""


def lines(commands: tuple[tuple[str, ...], ...]) -> str:
    """Return commands as lines of a script, with stdin redirected from /dev/null."""
    return "".join(f"{quote(words)} </dev/null\n" for words in commands)


def trial(step: Step, recovery: Recovery) -> str:
    """Return the script of a step that starts or reloads the engine, and rolls back if the engine fails."""
    undo = _undo(recovery)
    return _PUT_BACK + DIAGNOSE + _TRY.format(commands=lines(step.commands), undo=undo)


def undoing(step: Step) -> str:
    """Return the script that restores the kept files, and restarts the engine if the step has a recovery."""
    undo = _undo(step.recovery) if step.recovery else f'put_back && echo "{PUT_BACK}"'
    return f'{_PUT_BACK}\nformer=$1\n[ -d "$former" ] || exit 0\n{undo}\n'


def _undo(recovery: Recovery) -> str:
    return _UNDO.format(stops=lines(recovery.stops), starts=lines(recovery.starts))


def outcome(said: str) -> str:
    """Return the result of a rollback from its output, to append to an error; empty without a rollback."""
    if RUNS_AGAIN in said:
        return "; the engine runs again with its former settings"
    if PUT_BACK in said:
        return "; the former settings were put back"
    return ""
