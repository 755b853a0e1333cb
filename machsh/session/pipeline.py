"""Runs the commands of a pipeline at the same time, connected by real pipes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from machsh.environment import Environment
from machsh.process.child import quiet_interrupt
from machsh.session.streams import BROKEN_PIPE, close, pipe, with_streams

_DOCKER_LOST_READER = 1
"""Exit code of `docker run` when its output pipe is closed; other programs die of SIGPIPE."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One command of a pipeline, ready to run."""

    run: Callable[[Environment], int]
    """Runs it on an environment's streams; prints MachshErrors instead of raising them."""
    is_ours: bool
    """It runs in this process, where only the main thread receives Ctrl-C."""
    is_docker: bool = False
    """It may run the docker CLI, whose exit code 1 can mean that its output pipe was closed."""


def run(segments: Sequence[Segment], environment: Environment) -> int:
    """Run the segments in parallel; return the exit code of the last one that failed.

    A segment that stopped because the next one had stopped reading (`ps | head`) has not failed.
    """
    codes = [0] * len(segments)
    order: list[int] = []
    main = _main(segments)
    ends = _connect(len(segments), environment)

    def work(place: int) -> None:
        codes[place] = _run_one(segments[place], ends[place], environment, lambda: order.append(place))

    threads = [
        threading.Thread(target=work, args=(place,), name="machsh-pipe", daemon=True)
        for place in range(len(segments))
        if place != main
    ]
    for thread in threads:
        thread.start()
    work(main)
    with quiet_interrupt():  # the terminal sends Ctrl-C to the children, too, and ends them
        for thread in threads:
            thread.join()
    return _code(codes, segments, order)


def _main(segments: Sequence[Segment]) -> int:
    """Return the index of the segment for the main thread: the first of machsh's own, else the last."""
    own_places = [place for place, segment in enumerate(segments) if segment.is_ours]
    return own_places[0] if own_places else len(segments) - 1


def _connect(count: int, environment: Environment) -> list[Environment]:
    ends = [environment] * count
    for place in range(count - 1):
        reading, writing = pipe()
        ends[place] = with_streams(ends[place], stdout=writing)
        ends[place + 1] = with_streams(ends[place + 1], stdin=reading)
    return ends


def _run_one(segment: Segment, streams: Environment, outer: Environment, ended: Callable[[], None]) -> int:
    try:
        return segment.run(streams)
    except BrokenPipeError:
        return BROKEN_PIPE
    finally:
        ended()
        # Close this segment's ends, so that its neighbours see the end of the pipe.
        for stream, outer_stream in ((streams.stdin, outer.stdin), (streams.stdout, outer.stdout)):
            if stream is not outer_stream:
                close(stream)


def _code(codes: Sequence[int], segments: Sequence[Segment], order: Sequence[int]) -> int:
    for place in range(len(codes) - 1, -1, -1):
        if codes[place] and not _has_lost_reader(place, codes, segments, order):
            return codes[place]
    return 0


def _has_lost_reader(
    place: int, codes: Sequence[int], segments: Sequence[Segment], order: Sequence[int]
) -> bool:
    """Whether a segment failed because the next one had stopped reading."""
    if place == len(codes) - 1:
        return False
    if codes[place] == BROKEN_PIPE:
        return True
    is_early = order.index(place + 1) < order.index(place)
    return is_early and segments[place].is_docker and codes[place] == _DOCKER_LOST_READER
