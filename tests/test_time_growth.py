"""Time grows in proportion to hostile text: every public function that takes text, small sizes; bench/ has the full sizes."""

import gc
import importlib
import inspect
import sys
import time

import pytest
from conftest import ROOT
from test_architecture import MODULES

sys.path.insert(0, str(ROOT))
from bench.text_functions import FAMILIES, FUNCTIONS, LEFT_OUT, LIGHT, TEXT_PARAMETERS

SMALL, LARGE = 2_000, 16_000
NOISE = 0.04  # seconds of CPU below which nothing is said


def takes_text(function) -> bool:
    first = next(iter(inspect.signature(function).parameters.values()), None)
    kind = "" if first is None else str(first.annotation)
    return first is not None and first.name in TEXT_PARAMETERS and kind in ("str", "object", "bytes")


def test_every_public_function_that_takes_text_is_measured():
    found = set()
    for module in MODULES:
        made = importlib.import_module(f"analysis.{module}")
        found |= {
            f"{module}.{name}"
            for name, f in inspect.getmembers(made, inspect.isfunction)
            if f.__module__ == made.__name__ and not name.startswith("_") and takes_text(f)
        }
    assert found - FUNCTIONS.keys() - LEFT_OUT.keys() == set()


@pytest.mark.parametrize("name", LIGHT)
def test_time_grows_in_proportion(name):
    function = LIGHT[name]
    function(FAMILIES["prose"](SMALL))
    slow = {}
    for family, make in FAMILIES.items():
        seconds = timed(function, make(LARGE))
        if seconds > NOISE:
            gc.collect()
            before = min(timed(function, make(SMALL)) for _ in range(3))
            seconds = min(seconds, timed(function, make(LARGE)))
            if (
                seconds > NOISE and seconds > 2.5 * (LARGE / SMALL) * before
            ):  # quadratic would be eight times larger than in proportion
                slow[family] = (round(before, 4), round(seconds, 4))
    assert slow == {}


def timed(function, text: str) -> float:
    gc.disable()  # collecting many small objects would look like growth
    try:
        began = time.process_time()
        function(text)
        return time.process_time() - began
    finally:
        gc.enable()
