"""Is a folder of models safe and whole? Looked at before anything in it is used; nothing is unpickled, nothing is run."""

from __future__ import annotations

import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from analysis.files import read_bytes
from analysis.refusals import Refusal, Skip

READ = frozenset({".json", ".npz", ".md", ".txt", ".csv"})  # weights, and what stands beside them for people
MAX_FILE, MAX_ARRAYS = 200_000_000, 1_000_000_000  # bytes, as they lie and as they are unpacked
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def check_model_files(folder: Path) -> None:
    """Refuse a folder that holds anything but plain, whole, finite weights.

    Parameters
    ----------
    folder : Path
        What a user gave as ``--models``.

    Raises
    ------
    Refusal
        untrusted-model: a file that could run code when loaded (pickles, arrays of objects), a link, a kind of file
        that is never read, or one that unpacks to more than a gigabyte; config-invalid: not there, broken, not finite.
    """
    if not folder.is_dir():
        raise Refusal(f"there is no folder of models at {folder.name}", reason="config-invalid")
    for path in sorted(p for p in folder.iterdir() if not p.name.startswith(".")):
        if path.suffix.lower() not in READ:
            raise Refusal(
                f"{path.name} is none of ours and could run code when it is loaded; a folder of models holds .json and .npz",
                reason="untrusted-model",
            )
        try:
            data = read_bytes(path, limit=MAX_FILE)
        except Skip as skip:
            wrong = "untrusted-model" if skip.reason in ("not-regular-file", "too-large") else "config-invalid"
            raise Refusal(f"{path.name} in the folder of models: {skip.reason}", reason=wrong) from None
        if path.suffix.lower() == ".json":
            _check_json(data, path.name)
        elif path.suffix.lower() == ".npz":
            _check_arrays(data, path.name)


def _check_json(data: bytes, name: str) -> None:
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refusal(f"{name} is not a whole JSON file of finite numbers", reason="config-invalid") from None
    if not isinstance(found, dict):
        raise Refusal(f"{name} is not a JSON object", reason="config-invalid")
    waiting: list[Any] = [found]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            waiting += value.values() if isinstance(value, dict) else value
        elif isinstance(value, float) and not math.isfinite(value):
            raise Refusal(f"{name} holds a number that is not finite", reason="config-invalid")
    trees = found.get("trees")
    if isinstance(trees, list) and not all(_is_tree(t) for t in trees):
        raise Refusal(f"{name} holds a tree that leads nowhere", reason="config-invalid")


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _is_tree(tree: Any) -> bool:
    """Every branch leads to a later node of the tree, so that each walk ends."""
    keys = ("feature", "threshold", "left", "right", "value")
    if not isinstance(tree, dict) or not all(isinstance(tree.get(k), list) and tree[k] for k in keys):
        return False
    n = len(tree["left"])
    if any(len(tree[k]) != n for k in keys) or not all(type(v) is int for k in ("left", "right") for v in tree[k]):
        return False
    return all(
        a < 0 or (i < a < n and i < b < n) for i, (a, b) in enumerate(zip(tree["left"], tree["right"], strict=True))
    )


def _check_arrays(data: bytes, name: str) -> None:
    """Read the head of each array before a byte of it is unpacked, then see that what is in it is finite."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(m.file_size for m in members) > MAX_ARRAYS:
                raise Refusal(f"{name} unpacks to more than {MAX_ARRAYS // 10**6} MB", reason="untrusted-model")
            for member in members:
                with archive.open(member) as file:
                    version = np.lib.format.read_magic(file)
                    shape, _, kind = _HEADERS[version](file)
                if kind.hasobject:
                    raise Refusal(f"{name}: {member.filename} holds objects, which run code", reason="untrusted-model")
                if math.prod(shape) * kind.itemsize > member.file_size:
                    raise Refusal(f"{name}: {member.filename} is shorter than it says", reason="config-invalid")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            for key in arrays.files:
                if arrays[key].dtype.kind in "fc" and not np.isfinite(arrays[key]).all():
                    raise Refusal(f"{name}: {key} holds numbers that are not finite", reason="config-invalid")
    except Refusal:
        raise
    except Exception:  # whatever a damaged archive makes its reader raise
        raise Refusal(f"{name} is damaged or is not an archive of arrays", reason="config-invalid") from None


def check_models_work(folder: Path) -> None:
    """Use every model of a folder once, on a made-up sentence: weights of another shape are found before any work.

    Raises
    ------
    Refusal
        config-invalid.
    """
    from analysis.align import annotate_align
    from analysis.annotate import annotators

    text = "The minister, Maria Hale, said that taxes “will rise by 5 percent” in May 2021. It was a shameful plan."
    record = {"id": "a", "doc_id": "a", "text": text, "start": 4, "end": 12, "a": text, "b": text, "date": "2021-01-05"}
    event = {"event": "e", "articles": {o: {"title": "t", "date": "2021-01-05", "sentences": [text]} for o in "AB"}}
    try:
        for work in annotators(folder).values():
            list(work([record]))
        list(annotate_align([event], models=folder))
    except Refusal:
        raise
    except Exception as error:
        raise Refusal(
            f"the models in {folder.name} do not fit this version ({type(error).__name__}: {error}); refit them with train",
            reason="config-invalid",
        ) from None
