"""Parallax: how several news outlets report the same statements.

The modules stand in the order of the line and import only what stands above them:
load, clean, segment, attribute, measure, align, find errors, compare, show. docs/map.md draws it.
"""

__version__ = "0.1.0"
