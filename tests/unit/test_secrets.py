"""The one table of secrets: `S3CR3T` must leave no trace, and what is kept must mean the same."""

import pytest

from machsh.secrets import is_secret_name, redact_line, redacted

KEPT = [
    ("docker login -u me -p S3CR3T host", "docker login -u me host"),
    ("docker login -u me -pS3CR3T host", "docker login -u me host"),
    ("docker login -u me -p=S3CR3T host", "docker login -u me host"),
    ("docker login -u me --password=S3CR3T host", "docker login -u me host"),
    ("docker login --password 'S3CR3T x' && ps", "docker login && ps"),
    ("set -x; docker login -p S3CR3T", "set -x; docker login"),
    ("ls $(docker login -p S3CR3T)", "ls $(docker login)"),
    ("docker run --env=PASSWORD=S3CR3T img", "docker run --env=PASSWORD img"),
    ("docker run -e TOKEN=S3CR3T img", "docker run -e TOKEN img"),
    ("docker run -eTOKEN=S3CR3T img", "docker run -eTOKEN img"),
    ("docker run --env TOKEN=S3CR3T img", "docker run --env TOKEN img"),
    ("build --build-arg API_KEY=S3CR3T .", "build --build-arg API_KEY ."),
    ("build --build-arg=API_KEY=S3CR3T .", "build --build-arg=API_KEY ."),
    ("pull https://me:S3CR3T@host/x", "pull https://me@host/x"),
    ("!git clone https://me:S3CR3T@host/x", "!git clone https://me@host/x"),
    ("swarm join --token S3CR3T host:2377", "swarm join host:2377"),
    ("create -d aws --aws-thing S3CR3T web", "create -d aws web"),
    ("create -d aws -aws-thing=S3CR3T web", "create -d aws web"),
    ("exec db mysql -pS3CR3T -e x", "exec db mysql -p -e x"),
    ("docker login -p https://a:S3CR3T@b host", "docker login host"),
    ("--github-api-token S3CR3T ls", "ls"),
]
DROPPED = [
    "docker pull me:S3CR3T@host/x",
    '!curl "http://host/?token=S3CR3T&x=1"',
    "!curl http://host/?x=1&api_key=S3CR3T",
    "!curl -b 'session=S3CR3T' url",
    """!curl -d '{"password": "S3CR3T"}' url""",
    "!http -a me:S3CR3T :1",
    "!openssl x -passin pass:S3CR3T",
    "!vault login S3CR3T",
    "!aws configure set aws_secret_access_key S3CR3T",
    "!htpasswd -b f me S3CR3T",
    "!zip -P S3CR3T f",
    "!7z x -pS3CR3T f",
    "!smbclient -U me%S3CR3T x",
    "!kubectl create secret generic x --from-literal=password=S3CR3T",
    "!helm x --set auth.password=S3CR3T",
    "echo S3CR3T | docker secret create pw -",
    "!echo me:S3CR3T | chpasswd",
    "!TOKEN=S3CR3T rm -rf web",
    "!AWS_SECRET_ACCESS_KEY=S3CR3T aws s3 ls",
    "TOKEN=S3CR3T docker ps",
    "set TOKEN=S3CR3T",
    "export TOKEN=S3CR3T",
    "set -gx TOKEN S3CR3T",
    '$Env:TOKEN = "S3CR3T"',
    "!curl -H 'Authorization: Bearer S3CR3T' url",
    "!curl -u me:S3CR3T url",
    "!curl --user=me:S3CR3T url",
    "!mysql -u root -pS3CR3T",
    "!sshpass -p S3CR3T ssh host",
    "!cat <<< S3CR3T",
    "echo S3CR3T | docker login --password-stdin",
    "ssh web 'docker login -p S3CR3T'",
    "watch 2 'docker login -p S3CR3T'",
    "echo a; !export PGPASSWORD=S3CR3T",
    "docker run -e 'TOKEN=S3CR3T x' img",
    "!tool --api-key S3CR3T",
    "ps | tool --token S3CR3T",
]
HARMLESS = [
    "docker run -p 80:80 nginx",
    "docker login --password-stdin < file",
    'docker login -p "$PW"',
    "create --generic-ssh-key ~/.ssh/id web",
    "docker build --secret id=a,src=b .",
    "docker service create --secret db x",
    "inspect --format 'a: {{.x}}'",
    "!cd $OLDPWD; ls",
    "set PWD=/tmp",
    "pull localhost:5000/a@sha256:0123",
]


@pytest.mark.parametrize(("line", "kept"), KEPT)
def test_a_secret_is_cut_where_the_line_still_means_the_same(line, kept):
    assert redact_line(line, {"aws-thing"}).strip() == kept
    assert "S3CR3T" not in redacted(line, {"aws-thing"})


@pytest.mark.parametrize("line", DROPPED)
def test_a_line_that_would_mean_something_else_is_not_kept(line):
    assert redact_line(line) == ""
    assert "S3CR3T" not in redacted(line)


@pytest.mark.parametrize("line", HARMLESS)
def test_what_is_no_secret_stays(line):
    assert redact_line(line) == redacted(line) == line


@pytest.mark.parametrize("line", [line for line, _ in KEPT] + DROPPED)
def test_every_place_stays_where_it_is_when_the_length_is_kept(line):
    assert len(redacted(line, {"aws-thing"}, keeps_length=True)) == len(line)


def test_names():
    assert all(map(is_secret_name, ("GITHUB_TOKEN", "MYSQL_PWD", "db-password", "AWS_SECRET_ACCESS_KEY")))
    assert not any(map(is_secret_name, ("PWD", "OLDPWD", "password-stdin", "TOKEN_FILE", "ssh-key")))
