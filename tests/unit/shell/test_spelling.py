from machsh.shell.spelling import replaced


def test_replaced():
    assert replaced("docker pss -a", 7, 10, "ps") == "docker ps -a"
