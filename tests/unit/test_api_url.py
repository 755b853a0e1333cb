"""Where a login may be sent."""

import pytest

from machsh.validators import API_URL


@pytest.mark.parametrize(
    "url", ["https://api.example/v1", "http://127.0.0.1:8080/x", "http://[::1]:1", "http://localhost"]
)
def test_https_and_this_computer_may_have_it(url):
    assert API_URL.accepts(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example", "http://127.0.0.1.example.org", "http://127.0.0.1:80@example.org", "ftp://127.0.0.1",
        "https://", "https:///v1", "http://[::1", "//example.org", "-https://a", "https://a\nb", "127.0.0.1",
    ],
)  # fmt: skip
def test_nobody_else_may(url):
    assert not API_URL.accepts(url)
