from machsh.provision.engine_config import options_file

DOCKER_MACHINE = "\nDOCKER_OPTS='\n-H tcp://0.0.0.0:2376\n--label provider=generic\n\n'\nTZ=UTC\n"


def test_one_block_at_the_end_is_replaced_as_a_whole():
    first = options_file.with_block("A=1\n", ["B=2"])
    assert first == "A=1\n# machsh begin\nB=2\n# machsh end\n"
    assert options_file.with_block(first, ["B=3"]) == "A=1\n# machsh begin\nB=3\n# machsh end\n"
    assert options_file.with_block(first.strip(), []) == "A=1\n"
    assert options_file.with_block("", ["B=2"]) == "# machsh begin\nB=2\n# machsh end\n"


def test_options_of_docker_machine_go_and_others_stay():
    assert options_file.without_managed_options(DOCKER_MACHINE) == "TZ=UTC"
    assert (
        options_file.without_managed_options('DOCKER_OPTS="--dns 8.8.8.8"') == 'DOCKER_OPTS="--dns 8.8.8.8"'
    )


def test_values_are_quoted_for_the_shell():
    assert options_file.exports(["A=it's $1", "B"]) == ["export A='it'\"'\"'s $1'", "export B=''"]
