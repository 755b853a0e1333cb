"""Creating a machine that may exist."""

from tests.support.processes import run


def test_create_if_missing_twice(home):
    words = ["create", "--if-missing", "-d", "none", "--url", "tcp://127.0.0.1:1", "a"]
    assert run(home, *words)[0] == 0
    record = home / ".docker" / "machine" / "machines" / "a" / "config.json"
    before = record.read_bytes()
    code, out, err = run(home, *words)
    assert (code, record.read_bytes()) == (0, before)
    assert 'Machine "a" exists already.' in out + err
    assert run(home, *(word for word in words if word != "--if-missing"))[0] != 0
