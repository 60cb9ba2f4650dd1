"""Parallax: how several news outlets report the same statements.

The modules stand in the order of the line and import only what stands above them:
load, clean, segment, attribute, measure, align, find errors, compare, show. docs/map.md draws it.
"""

import pandas as pd

pd.options.mode.string_storage = "python"  # the same with pyarrow, which refuses half a surrogate pair, and without

__version__ = "0.1.0"

_PUBLIC = {"load_run": "table_files", "analyse": "pipeline", "Options": "options", "find_options": "options"}


def __getattr__(name: str) -> object:
    """Give what a notebook begins with, `from analysis import load_run`, without loading the rest."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"analysis.{_PUBLIC[name]}"), name)
