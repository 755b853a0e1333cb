import json
from hashlib import sha256

import pytest

from machsh.engine.docker_contexts import ContextStore, DockerContext
from machsh.errors import MachshError, RefusedError
from machsh.testing.fakes import FakeEnvironment

OURS = DockerContext("machsh-web", "unix:///run/x.sock", "web", {"Machine": "web", "Store": "/s"})


@pytest.fixture
def contexts(tmp_path):
    return ContextStore(FakeEnvironment(tmp_path))


def meta(contexts, name):
    return contexts.folder / "contexts" / "meta" / sha256(name.encode()).hexdigest() / "meta.json"


def put(contexts, name, content):
    file = meta(contexts, name)
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return file


def test_a_context_is_written_byte_for_byte_as_the_cli_writes_it(contexts):
    contexts.write(DockerContext("foo", "unix:///tmp/x.sock", "hey there"))
    assert meta(contexts, "foo").read_text() == (
        '{"Name":"foo","Metadata":{"Description":"hey there"},'
        '"Endpoints":{"docker":{"Host":"unix:///tmp/x.sock","SkipTLSVerify":false}}}'
    )
    assert meta(contexts, "foo").stat().st_mode & 0o777 == 0o644


def test_a_context_of_ours_is_read_back_with_its_mark(contexts):
    contexts.write(OURS)
    assert contexts.read() == [OURS]
    assert contexts.find("machsh-web") == OURS


def test_the_folder_is_the_one_that_docker_config_names(tmp_path):
    environment = FakeEnvironment(tmp_path, variables={"DOCKER_CONFIG": str(tmp_path / "other")})
    ContextStore(environment).write(OURS)
    assert (tmp_path / "other" / "contexts" / "meta").is_dir()
    assert not (tmp_path / ".docker").exists()


def test_a_context_of_the_users_is_neither_replaced_nor_removed(contexts):
    document = {"Name": "machsh-web", "Metadata": {}, "Endpoints": {"docker": {"Host": "tcp://192.0.2.1:1"}}}
    file = put(contexts, "machsh-web", json.dumps(document).encode())
    for change in (lambda: contexts.write(OURS), lambda: contexts.remove("machsh-web")):
        with pytest.raises(RefusedError, match="not one of machsh's"):
            change()
    assert json.loads(file.read_text()) == document


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"Name": 3}',
        b'{"Name": "other", "Metadata": {"Machsh": {"Machine": "web"}}}',
        b"[" * 100_000,
        b"\xff\xfe",
        b"{" + b" " * (2 << 20) + b"}",
    ],
)
def test_a_damaged_context_is_left_alone(contexts, content):
    file = put(contexts, "machsh-web", content)
    assert contexts.read() == []
    with pytest.raises(RefusedError):
        contexts.write(OURS)
    assert file.read_bytes() == content


def test_a_removed_context_leaves_no_folder(contexts):
    contexts.write(OURS)
    contexts.remove("machsh-web")
    assert list((contexts.folder / "contexts" / "meta").iterdir()) == []


def test_odd_values_of_a_context_are_empty_text(contexts):
    document = {"Name": "x", "Metadata": {"Description": 4, "Machsh": {"Store": 1}}, "Endpoints": []}
    put(contexts, "x", json.dumps(document).encode())
    assert contexts.read() == [DockerContext("x", "")]


def test_a_folder_that_is_a_file_is_one_clear_error(contexts):
    contexts.folder.mkdir()
    (contexts.folder / "contexts").write_text("")
    assert contexts.read() == []
    with pytest.raises(MachshError, match="contexts"):
        contexts.write(OURS)


@pytest.mark.parametrize(
    ("content", "name"),
    [(b'{"currentContext": "x"}', "x"), (b'{"currentContext": 3}', ""), (b"{", ""), (b"[]", ""), (None, "")],
)
def test_the_current_context_is_read_and_nothing_else_is_needed_of_the_file(contexts, content, name):
    contexts.folder.mkdir()
    if content is not None:
        (contexts.folder / "config.json").write_bytes(content)
    assert contexts.current() == name
