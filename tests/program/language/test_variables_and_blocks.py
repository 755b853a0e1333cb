"""Variables, conditions and loops."""

from tests.support.processes import run
from tests.support.program import run_file


def test_variables(fleet):
    text = """set X=1
echo $X ${X} ${Y:-d} ${X}2 '$X'
echo $1 $# "$@"
use a
docker exit 5 || echo $?
echo $(ls -q) "$(ls -q)"
"""
    expected = "1 1 d 12 $X\np 2 p q r\n5\na b a\nb\n"
    assert run_file(fleet, text, "p", "q r") == (0, expected, "")


def test_an_unset_variable_is_an_error_in_a_batch(home):
    code, out, err = run(home, "-c", "echo one; echo $NOT; echo two")
    assert (code, out) == (2, "one\n")
    assert "the variable NOT is not set" in err


def test_and_or_if_for(fleet):
    text = """use a
docker exit 0 && echo yes || echo no
docker exit 1 && echo yes || echo no
if docker exit 1
  echo first
else
  echo second
end
for m in $(ls -q)
  use $m
  docker where; echo done $m
end
"""
    expected = "yes\nno\nsecond\na tcp://127.0.0.1:1\ndone a\nb tcp://127.0.0.1:1\ndone b\n"
    assert run_file(fleet, text) == (0, expected, "")
