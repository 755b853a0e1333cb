"""What reading an odd answer raises becomes one error."""

import pytest

from machsh.drivers.cloud.odd_answer import ODD_ANSWER, reading_answer
from machsh.errors import DeadlineError, MachshError


@pytest.mark.parametrize("kind", ODD_ANSWER)
def test_what_reading_raises_is_one_line(kind):
    @reading_answer("asking", "the cloud's API")
    def read():
        raise kind("odd\n" * 200)

    with pytest.raises(MachshError, match="asking: what answered is not the cloud's API") as caught:
        read()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_what_was_said_stays():
    with pytest.raises(DeadlineError, match="late"), reading_answer("asking", "the API"):
        raise DeadlineError("late")
