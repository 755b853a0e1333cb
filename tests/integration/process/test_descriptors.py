"""Waiting for what can be read or written, also beyond the descriptors that `select` takes."""

import fcntl
import os
import resource
import socket

import pytest

from machsh.descriptors import wait_ready


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_what_can_be_read_and_what_can_be_written_are_told_apart(ends):
    one, other = ends
    assert wait_ready([one], [one], 0) == ([], [one])
    other.sendall(b"x")
    assert wait_ready([one], [one], 5) == ([one], [one])
    assert wait_ready([one], seconds=5) == ([one], [])


def test_nothing_is_ready_after_the_time(ends):
    assert wait_ready(ends, seconds=0.01) == ([], [])


def test_what_has_ended_is_ready(ends):
    one, other = ends
    other.close()
    assert wait_ready([one], seconds=5)[0] == [one]


@pytest.mark.parametrize("path", [os.devnull, __file__])
def test_files_are_always_ready(path):
    number = os.open(path, os.O_RDONLY)
    try:
        assert wait_ready([number], seconds=0) == ([number], [])
    finally:
        os.close(number)


def test_descriptors_from_1024_on_are_waited_for(ends):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = limits[1] if limits[1] != resource.RLIM_INFINITY else 4096
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, most), limits[1]))
    one, other = ends
    high = fcntl.fcntl(one.fileno(), fcntl.F_DUPFD_CLOEXEC, 1500)
    try:
        assert wait_ready([high], seconds=0) == ([], [])
        other.sendall(b"x")
        assert wait_ready([high], seconds=5) == ([high], [])
    finally:
        os.close(high)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
