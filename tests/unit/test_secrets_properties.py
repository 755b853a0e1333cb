"""Any text at all: nothing is raised, offsets stay inside, and stars change no place."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from machsh.secrets import find, redact_line, redacted

PIECES = st.sampled_from(
    """docker login %-p% %-pX% %--token% = TOKEN= ' " \\ ; && | $( ) ` % !
    curl%-u%a:b mysql% -e% https://a:b@c <<<% x""".replace("%", "_").split()
).map(lambda piece: piece.replace("_", " "))


@given(st.lists(PIECES, max_size=20).map("".join))
def test_no_text_crashes_it(text):
    assert all(0 <= one.start <= one.end <= len(text) for one in find(text))
    redact_line(text)
    redacted(text)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_stars_change_no_place(text):
    assert len(redacted(text, keeps_length=True)) == len(text)


SECRET = "s3cr3t-unique"
WAYS = st.sampled_from(
    [
        "docker login -p {} host",
        "docker login -p{} host",
        "docker login --password {} host",
        "docker login --password={}",
        "docker run -e DB_PASSWORD={} image",
        "docker run --env=API_TOKEN={} image",
        "docker build --build-arg TOKEN={} .",
        "docker pull https://user:{}@registry.example/x",
        "!curl -u user:{} https://x",
        "!curl -H 'Authorization: Bearer {}' https://x",
        "AWS_SECRET_ACCESS_KEY={} docker ps",
        "set MY_TOKEN={}",
        "create -d aws --aws-secret-key {} web",
    ]
)
QUOTES = st.sampled_from(["{}", "'{}'", '"{}"'])
AROUND = st.sampled_from(
    ["{}", "echo a; {}", "{} | !cat", "@all {}", "true && {} || echo no", "{}\nls", "  {}  "]
)


@settings(max_examples=200)
@example("docker pull https://user:{}@registry.example/x", "'{}'", "{}")
@given(WAYS, QUOTES, AROUND)
def test_a_secret_survives_nowhere(way, quote, around):
    quote = "{}" if "'" in way else quote
    line = around.format(way.format(quote.format(SECRET)))
    assert SECRET not in redacted(line)
    assert SECRET not in redacted(line, keeps_length=True)
    assert SECRET not in redact_line(line)
