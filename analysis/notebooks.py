"""Execute the notebooks on a run: same input, same bytes; a cell that fails ends the run with its name."""

from __future__ import annotations

import asyncio
import html
import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from tqdm import tqdm

from analysis.files import write_atomic
from analysis.refusals import Refusal

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
_SECONDS = 600  # for one cell
_RUN = 'RUN = "{}"'
_TARGET = re.compile(r"\]\s{0,9}[(:]\s{0,9}<?([^>)\n]{0,2000})")  # of a link, or of the reference that it names
_UNSEEN = re.compile(r"[\x00-\x20\\\u00ad\u200b-\u200f\u2060\ufeff]")
_LIVE = re.compile(r"<[a-zA-Z/!?]|(?:javascript|vbscript|data)\s{0,9}:|&#?\w{1,12};?:", re.I)


def run_notebooks(folder: Path, *, own: Path | None = None, templates: Path = FOLDER) -> None:
    """Execute every notebook on the tables in ``folder``.

    Parameters
    ----------
    folder : Path
        A run, with its tables/.
    own : Path, optional
        Refresh the notebooks in this folder in place (their parameter then names ../figures); else the
        executed copies go to ``folder``/notebooks.
    templates : Path
        Where the notebooks are; a cell tagged ``parameters`` in each names the run.

    Raises
    ------
    Refusal
        notebook-failed: a cell raised, ran too long, or its kernel died.
    """
    paths = sorted(templates.glob("*.ipynb"))
    work = folder / "notebooks"
    work.mkdir(exist_ok=True)
    kernels: list = []
    with tempfile.TemporaryDirectory() as home, ThreadPoolExecutor(2) as pool:
        try:
            done = list(
                tqdm(
                    pool.map(lambda p: execute(p, cwd=work, home=Path(home), kernels=kernels), paths),
                    total=len(paths),
                    desc="running notebooks",
                    disable=not sys.stderr.isatty(),
                )
            )
        except BaseException:  # a stop signal too: no kernel is waited for
            pool.shutdown(wait=False, cancel_futures=True)
            for kernel in kernels:
                _kill(kernel)
            raise
    if own is not None:
        work.rmdir()
    for path, notebook in zip(paths, done, strict=True):
        _set_run(notebook, "../figures" if own else "..")
        write_atomic((own or work) / path.name, to_bytes(notebook))


def execute(path: Path, *, cwd: Path, home: Path, kernels: list) -> nbformat.NotebookNode:
    """Return a notebook executed from a clean state in ``cwd``, on the run one folder up; its kernel joins ``kernels``."""
    from jupyter_client.manager import AsyncKernelManager  # slow to import
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, CellExecutionError, CellTimeoutError, DeadKernelError

    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError, KeyError, AttributeError, RecursionError, nbformat.ValidationError):
        raise Refusal(f"{path.name} is not a notebook", reason="notebook-failed") from None
    _check_cells(notebook, path.name)
    _clear(notebook)
    _set_run(notebook, "..")
    # A user's own start-up files, kernels and settings must not change what a notebook says.
    settings = {
        "IPYTHONDIR": str(home),
        "JUPYTER_CONFIG_DIR": str(home),
        "JUPYTER_RUNTIME_DIR": str(home),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONPATH": str(FOLDER.parent),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "agg",
    }
    # Pipes in a private folder, not ports: no other user can listen, and it works without a network.
    manager = AsyncKernelManager(
        kernel_name="python3",
        transport="ipc" if sys.platform != "win32" else "tcp",
        connection_file=str(home / f"{path.stem[:12]}.json"),
    )
    kernels.append(manager)
    client = NotebookClient(
        notebook, km=manager, timeout=_SECONDS, record_timing=False, resources={"metadata": {"path": str(cwd)}}
    )
    try:
        client.execute(env={**os.environ, **settings})
    except CellExecutionError as error:
        raise Refusal(
            f"{path.name}: a cell failed with {error.ename}: {error.evalue}", reason="notebook-failed"
        ) from None
    except (CellTimeoutError, DeadKernelError, CellControlSignal, RuntimeError) as error:
        raise Refusal(
            f"{path.name}: {type(error).__name__}: its kernel died or took too long", reason="notebook-failed"
        ) from None
    finally:
        asyncio.run(_end(manager))
    return notebook


def _check_cells(notebook: nbformat.NotebookNode, name: str) -> None:
    """Refuse text that would be live in an exported page; ours is plain Markdown."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "raw" or (cell.cell_type == "markdown" and is_live(cell.source)):
            raise Refusal(
                f"{name}, cell {number}: markup or an address that a page would run", reason="notebook-failed"
            )


def is_live(text: str) -> bool:
    """Tell whether Markdown would be live in an exported page: markup, a picture (the page would ask for it), a link to
    anything but the web, its address written with entities, breaks or backslashes or not."""
    plain = _UNSEEN.sub("", html.unescape(text)).lower()
    if "![" in text or _LIVE.search(text) or "javascript:" in plain or "vbscript:" in plain:
        return True
    for target in _TARGET.finditer(text):
        address = _UNSEEN.sub("", html.unescape(target[1])).lower()
        scheme = re.match(r"[^/?#]*(?=:)", address)
        if address.startswith("//") or (scheme and scheme[0] not in ("http", "https", "mailto")):
            return True
    return False


def _kill(manager) -> None:
    process = getattr(manager.provisioner, "process", None)
    if process is not None:
        process.kill()


async def _end(manager) -> None:
    await manager.shutdown_kernel(now=True)


def _clear(notebook: nbformat.NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def _set_run(notebook: nbformat.NotebookNode, place: str) -> None:
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            lines = [
                _RUN.format(place) + line[line.index("  #") :]
                if line.startswith("RUN = ") and "  #" in line
                else _RUN.format(place)
                if line.startswith("RUN = ")
                else line
                for line in cell.source.split("\n")
            ]
            cell.source = "\n".join(lines)


def to_bytes(notebook: nbformat.NotebookNode) -> bytes:
    """Return a notebook as bytes that do not depend on the machine."""
    notebook.metadata["language_info"] = {"name": "python"}
    return (nbformat.writes(notebook, version=4) + "\n").encode("utf-8", "replace")
