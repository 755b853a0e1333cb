import time

from machsh.shell.completion.candidate import Candidate
from machsh.shell.completion.ranking import LIMIT, rank


def names(texts, typed, recency=None):
    return [c.text for c in rank([Candidate(t) for t in texts], typed, recency)]


def test_fuzzy_ranking_finds_scattered_letters():
    assert names(["my-web-1", "db"], "mw1") == ["my-web-1"]
    assert names(["--publish", "--publish-all", "--privileged"], "publ-a") == ["--publish-all"]
    assert names(["--publish-all"], "--publ-a") == ["--publish-all"]


def test_tiers_prefix_word_start_substring_subsequence():
    given = ["w-e-b", "cobweb", "my-web", "web-1"]
    assert names(given, "web") == ["web-1", "my-web", "cobweb", "w-e-b"]


def test_last_used_first_among_equals_only():
    given = ["web-1", "web-2", "my-web-3"]
    assert names(given, "web", {"web-2": 5, "my-web-3": 9}) == ["web-2", "web-1", "my-web-3"]


def test_a_shorter_stretch_of_letters_wins():
    assert names(["a---------b", "a-b"], "ab") == ["a-b", "a---------b"]


def test_nothing_typed_keeps_the_order():
    assert names(["b", "a"], "") == ["b", "a"]


def test_case_does_not_matter():
    assert names(["Web"], "we") == ["Web"]


def test_special_letters_are_plain():
    assert names(["a.b", "axb"], "a.b") == ["a.b"]
    assert names(["a[b"], "a[b") == ["a[b"]


def test_at_most_limit_and_the_best_of_them():
    given = [f"x-web-{n}" for n in range(1000)] + ["web"]
    found = names(given, "web")
    assert len(found) == LIMIT
    assert found[0] == "web"


def test_speed_of_ranking():
    given = [Candidate(f"project-{n % 97}-service-{n}") for n in range(10_000)]
    for typed in ("", "project", "service-9", "vice", "pjs9", "zzz"):
        best = min(_timed(given, typed) for _ in range(5))
        assert best < 0.020 * 5, typed
        best = min(_timed(given[:1000], typed) for _ in range(5))
        assert best < 0.005 * 5, typed


def _timed(given, typed):
    began = time.perf_counter()
    rank(given, typed)
    return time.perf_counter() - began
