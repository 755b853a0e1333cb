import pytest

from machsh.shell.history.redaction import redact_line


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("create -d aws --aws-key abc web", "create -d aws web"),
        ("create -d aws --aws-key=abc web", "create -d aws web"),
        ("create -d aws web --aws-key abc", "create -d aws web"),
        ("create -d aws -aws-key 'a b' web", "create -d aws web"),
        ('create -d x --some-password "a \\" b" web', "create -d x web"),
        ("docker login -u me -p hunter2 host", "docker login -u me host"),
        ("login -p hunter2", "login"),
        ("docker login --password hunter2 && ps", "docker login && ps"),
        ("set API_TOKEN=xyz", ""),
        ("run -p 80:80 nginx", "run -p 80:80 nginx"),
        ("create --generic-ssh-key ~/.ssh/id web", "create --generic-ssh-key ~/.ssh/id web"),
        ("ps -a", "ps -a"),
        (" ps -a", ""),
        ("   ", ""),
        ("", ""),
    ],
)
def test_what_history_keeps(line, kept):
    assert redact_line(line, {"aws-key"}) == kept
