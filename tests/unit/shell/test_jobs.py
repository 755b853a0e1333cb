import pytest

from machsh.errors import UsageError
from machsh.shell.jobs import STOPPED_CODE, Jobs


class FakeJob:
    def __init__(self, *words, codes=(0,)):
        self.words, self.codes = words, list(codes)
        self.code, self.is_stopped, self.is_ended = None, True, False

    def into_foreground(self):
        self.code = self.codes.pop(0)
        self.is_stopped = self.code is None
        return self.code

    def into_background(self):
        self.is_stopped = False

    def poll(self):
        return self.code

    def hang_up(self):
        self.is_ended = True


def jobs():
    said = []
    return Jobs(said.append), said


def test_jobs_are_numbered_and_the_latest_goes_on():
    all_jobs, said = jobs()
    first, second = FakeJob("sleep", "1"), FakeJob("docker", "logs", "-f", "a b")
    all_jobs.add(first)
    all_jobs.add(second)
    assert said[-1] == "\n[2]  stopped    docker logs -f 'a b'"
    assert all_jobs.foreground() == 0
    assert all_jobs.lines() == ["[1]  stopped    sleep 1"]
    assert all_jobs.stopped == 1


def test_a_job_by_its_number_and_stopped_again():
    all_jobs, _ = jobs()
    job = FakeJob("sleep", codes=(None, 3))
    all_jobs.add(job)
    assert all_jobs.foreground("%1") == STOPPED_CODE
    assert all_jobs.foreground("1") == 3
    with pytest.raises(UsageError, match="there is no job"):
        all_jobs.foreground()


def test_background_and_its_end():
    all_jobs, said = jobs()
    job = FakeJob("sleep")
    all_jobs.add(job)
    all_jobs.background()
    assert all_jobs.lines() == ["[1]  running    sleep"]
    job.code = 2
    all_jobs.tell_ended()
    assert said[-1] == "[1]  ended (2)  sleep"
    assert all_jobs.count == 0


def test_unknown_job():
    all_jobs, _ = jobs()
    all_jobs.add(FakeJob("x"))
    with pytest.raises(UsageError, match="no job 7"):
        all_jobs.background("7")


def test_leaving_ends_them():
    all_jobs, _ = jobs()
    job = FakeJob("x")
    all_jobs.add(job)
    all_jobs.end()
    assert job.is_ended
