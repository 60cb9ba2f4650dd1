"""Who does the work: this process, several of them, or a cluster. The results do not depend on it."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

from analysis.cluster import Cluster, connect, split_work
from analysis.options import Options, collect_seldom

R = TypeVar("R")
one_thread = threadpool_limits.wrap(limits=1)  # the matrices are small: more threads only wait for each other
_AHEAD = 2  # pieces of work handed out for each process: none waits, and few are held at once


class Crew:
    """The processes of one run, started when they are first needed and ended with it.

    Parameters
    ----------
    options : Options
        jobs: processes on this machine; scheduler or workers: a Dask cluster.
    """

    def __init__(self, options: Options):
        self.options = options
        self._open = ExitStack()
        self._pool: ProcessPoolExecutor | None = None
        self._cluster: Cluster | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._open.__exit__(*error)

    @property
    def size(self) -> int:
        """How many pieces of work are done at a time, as far as the options say."""
        return max(1, self.options.jobs, self.options.workers)

    def do(self, work: Callable[[tuple[Any, Options]], R], pieces: Iterable[Any]) -> Iterator[R]:
        """Do some work on many pieces.

        Parameters
        ----------
        work : function
            Takes (piece, options); a function of a module, so that another process finds it.
        pieces : iterable
            What to work on, taken as there is room.

        Yields
        ------
        object
            What ``work`` returned, in the order of the pieces; only a table of articles that ended its process on a
            cluster comes last, parted until the article that did it stands alone.
        """
        options = self.options
        if options.scheduler or options.workers:
            self._cluster = self._cluster or self._open.enter_context(connect(options.scheduler, options.workers))
            yield from split_work(self._cluster, pieces, work=work, options=options)
        elif options.jobs <= 1:
            yield from (work((piece, options)) for piece in pieces)
        else:
            yield from self._in_processes(work, iter(pieces))

    def _in_processes(self, work: Callable[[tuple[Any, Options]], R], pieces: Iterator[Any]) -> Iterator[R]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.options.jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_be_quiet
            )
            self._open.callback(_end, self._pool)
        out: deque[tuple[Any, Future | None]] = deque()
        broken = False
        while True:
            while not broken and len(out) < _AHEAD * self.options.jobs:
                try:
                    piece = next(pieces)
                except StopIteration:
                    break
                try:
                    out.append((piece, self._pool.submit(work, (piece, self.options))))
                except BrokenProcessPool:
                    broken = True
                    out.append((piece, None))
            if not out:
                if not broken:
                    return
                yield from (work((piece, self.options)) for piece in pieces)
                return
            piece, future = out.popleft()
            try:
                yield future.result() if future else work((piece, self.options))
            except BrokenProcessPool:  # a process was killed: the rest is done here
                broken = True
                yield work((piece, self.options))


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes at once: a stop signal does not wait for work half done."""
    for process in list((pool._processes or {}).values()):
        process.terminate()
    pool.shutdown(wait=False, cancel_futures=True)


def _be_quiet() -> None:
    """Leave the answer to a stop signal from the terminal to the process that started the workers; settings as there."""
    collect_seldom()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
