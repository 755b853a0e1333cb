"""A `docker` of our own that needs no engine: it says which machine it was pointed to."""

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
slow) sleep "$2"; echo done;;
lines) for n in 1 2 3; do echo "$DOCKER_MACHINE_NAME line $n"; done;;
*) echo "docker $*";;
esac
"""


def add_docker(home):
    """Put it on the home's PATH."""
    program = home / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(DOCKER)
    program.chmod(0o755)
