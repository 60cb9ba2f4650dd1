"""Work done on a cluster. The one module that knows Dask, and it loads it only when asked to run.

A worker must have this code, these models and these word lists; each checks that before its first piece. What a piece
gives does not depend on where it is read, so the tables are those of one process. Dask sends pickled objects between
its processes: a scheduler belongs on a network that is trusted (docs/scale.md).
"""

from __future__ import annotations

import functools
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import pandas as pd

from analysis.cache import make_stamp
from analysis.files import MODELS
from analysis.options import Options, hash_inputs
from analysis.refusals import Refusal

KILLED = "worker-killed"  # the reason for an article that ends every worker that reads it
_AHEAD = 4  # pieces of work handed out for each worker: none waits, and the results of few are held at once
_SECONDS = 30  # to reach a scheduler
_STARTS = 3  # of a cluster on this machine, before it is given up
_MADE = {"title_start": -1, "title_end": -1, "skip": KILLED, "body": "", "n_tokens": 0, "n_sentences": 0}


class Cluster(NamedTuple):
    """A cluster that answers: its client, and the module of its exceptions."""

    client: Any
    dask: Any


def split_work(
    cluster: Cluster, pieces: Iterable[Any], *, work: Callable[[tuple[Any, Options]], Any], options: Options
) -> Iterator[Any]:
    """Do some work on a cluster, each piece once; an article that ends its worker every time is skipped.

    Parameters
    ----------
    cluster : Cluster
        As `connect` gives it.
    pieces : iterable
        What to work on. A table of articles that ends its worker is set aside until the others are done, then read alone
        and halved down to the article that does it; any other piece is done in this process instead.
    work : function
        What a worker does with (piece, options).
    options : Options
        How to run.

    Yields
    ------
    object
        What ``work`` returned, in the order of the pieces; tables of articles that were set aside come last, one that was
        given up as a table ``articles`` that says so.

    Raises
    ------
    Refusal
        config-invalid: a worker has other code, models or lists.
    """
    client, dask = cluster
    suspects: list[pd.DataFrame] = []
    waiting = iter(pieces)
    out: deque[tuple[Any, Any]] = deque()
    task = functools.partial(_do, work=work, stamp=_stamp(options))

    def send(piece: Any) -> Any:
        return client.submit(task, (piece, *_pack(options)), pure=False)

    room = _AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    while True:
        out.extend((piece, send(piece)) for piece in islice(waiting, room - len(out)))
        if not out:
            break
        piece, future = out.popleft()
        try:
            yield _checked(future.result())
        except dask.KilledWorker:
            if isinstance(piece, pd.DataFrame):
                suspects.append(piece)
            else:
                yield work((piece, options))
    while suspects:  # alone on the cluster now: what ends a worker here does it by itself
        piece = suspects.pop()
        try:
            yield _checked(send(piece).result())
        except dask.KilledWorker:
            halves = _halve(piece)
            suspects += halves
            if not halves:
                yield {"articles": _give_up(piece)}


@contextmanager
def connect(scheduler: str, workers: int) -> Iterator[Cluster]:
    """Connect to a cluster, or start one on this machine, for as long as the block runs.

    Parameters
    ----------
    scheduler : str
        Where a Dask scheduler listens, as tcp://host:8786; '' starts workers on this machine.
    workers : int
        How many, where there is no scheduler.

    Raises
    ------
    Refusal
        config-invalid: Dask is not installed, or nothing answers at the address; unreadable: the cluster went away.
    """
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
            yield Cluster(client, distributed)
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


def _pack(options: Options) -> tuple[Options, bool]:
    """Leave out the place of our own models: a worker has its own copy."""
    own = options.models == MODELS
    return replace(options, models=None) if own else options, own


def _do(packed: tuple[Any, Options, bool], *, work: Callable[[tuple[Any, Options]], Any], stamp: str) -> Any:
    """Do the work of a worker: None where it is not the same suite."""
    piece, options, own = packed
    options = replace(options, models=MODELS) if own else options
    try:
        same = _stamp(options) == stamp
    except OSError:  # a folder of models or lists is not there
        same = False
    return work((piece, options)) if same else None


@functools.cache
def _stamp(options: Options) -> str:
    hashes = hash_inputs(options)
    return make_stamp(hashes["models"], hashes["lexicons"], options.settings.for_reading())


def _checked(result: Any) -> Any:
    if result is None:
        raise Refusal("a worker has another version of this code, its models or its lists", reason="config-invalid")
    return result


def _halve(articles: pd.DataFrame) -> list[pd.DataFrame]:
    middle = len(articles) // 2
    parts = (articles.iloc[:middle], articles.iloc[middle:]) if middle else ()
    return [p.reset_index(drop=True) for p in parts]


def _give_up(articles: pd.DataFrame) -> pd.DataFrame:
    return articles[["article_id", "title", "date", "date_basis"]].assign(**_MADE)
