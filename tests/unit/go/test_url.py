"""Expected values were written by Go's net/url."""

import json

import pytest

from machsh.errors import UsageError
from machsh.go.url import host_of
from tests.support.places import CASE_FILES

CASES = json.loads((CASE_FILES / "drivers" / "urls.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["url"])
def test_host_is_what_go_finds(case):
    if "error" in case:
        with pytest.raises(UsageError) as caught:
            host_of(case["url"])
        assert str(caught.value) == case["error"]
    else:
        assert host_of(case["url"]) == case["host"]
