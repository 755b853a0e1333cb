"""Several `-c`, and the options that only our own name has."""

import pytest


@pytest.mark.parametrize(
    ("words", "out", "code"),
    [
        (["-c", "echo a", "-c", "echo b", "-c", "echo c"], "a\nb\nc\n", 0),
        (["-c", "set X=1", "-c", "echo $X $1", "arg"], "1 arg\n", 0),
        (["-c", "echo a", "-c", "nonsense", "-c", "echo c"], "a\n", 2),
        (["--keep-going", "-c", "!exit 4", "-c", "echo b"], "b\n", 4),
        (["-c", "exit 5", "-c", "echo b"], "", 5),
        (["-n", "-c", "echo a", "-c", "nonsense"], "", 2),
        (["--checkpoint", "f", "-c", "echo a", "-c", "echo b"], "", 2),
    ],
)
def test_several_texts_run_in_order_up_to_the_first_failure(house, words, out, code):
    done = house.run(*words, program="machsh")
    assert (done.code, done.out) == (code, out)


@pytest.mark.parametrize(
    "word", "-x --color -c -n -i -y -m --machine --trace --timeout --yes --check --keep-going".split()
)
def test_docker_machine_knows_none_of_our_global_options(house, word):
    done = house.run(word)
    assert done.code == 1
    assert done.err == f"flag provided but not defined: -{word.lstrip('-')}\n"
    assert done.out.startswith("Incorrect Usage.\n\nUsage: docker-machine [OPTIONS] COMMAND [arg...]\n")


def test_the_help_shows_the_storage_path_in_force(house):
    done = house.run("--help", variables={"MACHINE_STORAGE_PATH": "/srv/store"})
    assert '--storage-path, -s "/srv/store"' in done.out
