import pytest

from machsh.errors import ExitCode, RefusedError
from machsh.machine.naming import LONGEST, check_name


@pytest.mark.parametrize(
    "name", ["a", "web-1", "A.b-c", "0", "runner-1ab2-auto-scale-1598363829-7ad5d2c6", "x" * LONGEST]
)
def test_good_names(name):
    check_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "a/b", "..", "../x", "a b", " a", "ünï", "a_b", "-a", ".a", "a\n", "a\0", "$(id)", "a;b", "名", "١"],
)
def test_bad_names_get_docker_machines_text(name):
    with pytest.raises(RefusedError) as caught:
        check_name(name)
    assert str(caught.value) == (
        "Error creating machine: Invalid hostname specified. Allowed hostname chars are: 0-9a-zA-Z . -"
    )
    assert (caught.value.code, caught.value.docker_machine_code) == (ExitCode.REFUSED, ExitCode.FAILED)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["local", "all", "x" * 65, "x" * 300])
def test_reserved_and_endless_names_are_refused_with_a_remedy(name):
    with pytest.raises(RefusedError) as caught:
        check_name(name)
    assert caught.value.hint
