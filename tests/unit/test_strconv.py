import pytest

from machsh.go.strconv import quote


# Expected values are those of Go's strconv.Quote.
@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ("plain", '"plain"'),
        ('say "x"', '"say \\"x\\""'),
        ("a\\b\n\t", '"a\\\\b\\n\\t"'),
        ("\x00\x1b\x7f", '"\\x00\\x1b\\x7f"'),
        ("größe ☃", '"größe ☃"'),
        ("\u200b\U000e0001", '"\\u200b\\U000e0001"'),
    ],
)
def test_quotes_as_go_does(text, quoted):
    assert quote(text) == quoted
