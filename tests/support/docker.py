"""A fake `docker` that needs no engine: it prints the machine and the endpoint that it was given."""

DOCKER = """#!/bin/sh
case "$1" in
--help|--version) echo 'Usage:  docker [OPTIONS] COMMAND

Commands:
  exit      Fail
  fail      Say on stderr and fail
  images    List images
  ps        List containers
  rm        Remove containers
  where     Say where
  words     Say the words';;
where) echo "$DOCKER_MACHINE_NAME $DOCKER_HOST";;
words) shift; for word; do echo "[$word]"; done;;
exit) exit "$2";;
fail) echo "no $2" >&2; exit 5;;
cat) cat;;
sh) sh -c "$2";;
slow) sleep "$2"; echo done;;
lines) for n in 1 2 3; do echo "$DOCKER_MACHINE_NAME line $n"; done;;
*) echo "docker $*";;
esac
"""


def add_docker(home):
    """Write it to the home's `bin`, which tests have on PATH."""
    program = home / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(DOCKER)
    program.chmod(0o755)
