"""Chunks of articles read on a cluster. The one module that knows Dask, and it loads it only when asked to run.

A worker must have this code, these models and these word lists; each checks that before its first chunk. What a chunk
gives does not depend on where it is read, so the tables are those of one process. Dask sends pickled objects between
its processes: a scheduler belongs on a network that is trusted (docs/scale.md).
"""

from __future__ import annotations

import functools
import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.cache import Tables, make_stamp
from analysis.files import MODELS
from analysis.options import Options, hash_inputs
from analysis.refusals import Refusal

KILLED = "worker-killed"  # the reason for an article that ends every worker that reads it
_AHEAD = 4  # chunks handed out for each worker: none waits, and the results of few are held at once
_SECONDS = 30  # to reach a scheduler
_STARTS = 3  # of a cluster on this machine, before it is given up
_MADE = {"title_start": -1, "title_end": -1, "skip": KILLED}

Chunk = tuple[pd.DataFrame, Options]
Reader = Callable[[Chunk], Tables]


def split_work(chunks: list[Chunk], *, read: Reader, scheduler: str = "", workers: int = 0) -> Iterator[Tables]:
    """Read chunks on a cluster, each once; an article that ends its worker every time is skipped, all others are read.

    Parameters
    ----------
    chunks : list of (DataFrame, Options)
        As `read_chunk` takes them.
    read : function
        What a worker does with a chunk; `read_chunk`.
    scheduler : str
        Where a Dask scheduler listens, as tcp://host:8786; '' starts workers on this machine.
    workers : int
        How many, where there is no scheduler.

    Yields
    ------
    dict of str to DataFrame
        As ``read`` returns them, in no set order: a chunk that ended its worker comes last.

    Raises
    ------
    Refusal
        config-invalid: Dask is not installed, nothing answers at the address, or a worker has other code, models or lists;
        unreadable: the cluster went away.
    """
    with _connect(scheduler, workers) as (client, dask):
        suspects: list[Chunk] = []
        waiting: deque[Chunk] = deque(chunks)
        out: deque[tuple[Chunk, Any]] = deque()
        task = functools.partial(_read, read=read, stamp=_stamp(chunks[0][1]))

        def result(chunk: Chunk) -> Any:
            return client.submit(task, _pack(chunk), pure=False)

        room = _AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
        while waiting or out:
            while waiting and len(out) < room:
                chunk = waiting.popleft()
                out.append((chunk, result(chunk)))
            chunk, future = out.popleft()
            try:
                yield _checked(future.result())
            except dask.KilledWorker:
                suspects.append(chunk)
        while suspects:  # alone on the cluster now: what ends a worker here does it by itself
            chunk = suspects.pop()
            try:
                yield _checked(result(chunk).result())
            except dask.KilledWorker:
                halves = _halve(chunk)
                suspects += halves
                if not halves:
                    yield {"articles": _give_up(chunk[0])}


@contextmanager
def _connect(scheduler: str, workers: int) -> Iterator:
    try:
        import dask
        import distributed
    except ImportError:
        raise Refusal("a cluster needs Dask (pip install -r requirements-scale.txt)", reason="config-invalid") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # a lost worker is told once, in run.json
    dask.config.set({"distributed.scheduler.allowed-failures": 0})  # of a cluster started here: split_work tries again
    try:
        client = distributed.Client(scheduler, timeout=_SECONDS) if scheduler else _start(distributed, workers)
    except (OSError, ValueError):
        raise Refusal(f"no scheduler answers at {scheduler or 'this machine'}", reason="config-invalid") from None
    with client:
        try:
            yield client, distributed
        except (distributed.client.FutureCancelledError, distributed.comm.CommClosedError):
            raise Refusal("the cluster went away; the articles read so far are kept", reason="unreadable") from None


def _start(distributed: Any, workers: int) -> Any:
    """Start a cluster on this machine, again where a worker is lost before it has begun."""
    for _ in range(_STARTS):
        try:
            return distributed.Client(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
            )
        except RuntimeError:  # "Nanny failed to start"
            continue
    raise Refusal("workers end before they have begun: is there memory for them?", reason="config-invalid")


def _pack(chunk: Chunk) -> tuple[pd.DataFrame, Options, bool]:
    """Leave out the place of our own models: a worker has its own copy."""
    articles, options = chunk
    own = options.models == MODELS
    return articles, replace(options, models=None) if own else options, own


def _read(packed: tuple[pd.DataFrame, Options, bool], *, read: Reader, stamp: str) -> Tables | None:
    """Do the work of a worker: None where it is not the same suite."""
    articles, options, own = packed
    options = replace(options, models=MODELS) if own else options
    try:
        same = _stamp(options) == stamp
    except OSError:  # a folder of models or lists is not there
        same = False
    return read((articles, options)) if same else None


@functools.cache
def _stamp(options: Options) -> str:
    hashes = hash_inputs(options)
    return make_stamp(hashes["models"], hashes["lexicons"], options.settings.for_reading())


def _checked(tables: Tables | None) -> Tables:
    if tables is None:
        raise Refusal("a worker has another version of this code, its models or its lists", reason="config-invalid")
    return tables


def _halve(chunk: Chunk) -> list[Chunk]:
    articles, options = chunk
    middle = len(articles) // 2
    parts = (articles.iloc[:middle], articles.iloc[middle:]) if middle else ()
    return [(p.reset_index(drop=True), options) for p in parts]


def _give_up(articles: pd.DataFrame) -> pd.DataFrame:
    return articles[["article_id", "title", "date", "date_basis"]].assign(**_MADE)
