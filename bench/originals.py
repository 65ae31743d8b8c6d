"""The originals of the catalogue's rows, which tests/originals runs and stores."""

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from originals import compare
from originals.registry import PACKAGES, live, stored

__all__ = ["PACKAGES", "Array", "Original", "attempt", "compare", "live", "stored"]

Array = np.ndarray
Original = Callable[[Array], Array]


def attempt(call: Callable[[], object]) -> tuple[object, str]:
    """Return what a call gives, and why it gives nothing: its library may be missing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(), ""
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # pytest's way to skip is no Exception
        return None, " ".join(str(error).split()) or type(error).__name__
