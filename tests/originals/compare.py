"""How an error of ours is weighed against the original's.

Both are measured against the formula evaluated in float64. The measure is the mean absolute
difference over the features of a signal. The largest, and the root mean square that it dominates,
are those of a few bins with next to no energy beside strong ones, and which of two roundings is
unluckier there is chance: between equals they differ by half, the mean by a few per cent.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .signals import as_float, signal

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Errors:
    """Mean absolute differences from float64."""

    ours: float
    original: float
    resolution: float  # a unit in the last place of the exact values, in float32
    scale: float  # of the exact values from 0


def errors(ours, original, exact):
    """Measure both results against the exact one; all have the same shape."""
    assert ours.shape == original.shape == exact.shape
    exact = np.asarray(exact, np.float64)
    return Errors(
        ours=_mean(ours - exact),
        original=_mean(original - exact),
        resolution=_mean(np.spacing(np.abs(exact).astype(np.float32))),
        scale=_mean(exact),
    )


def assert_as_accurate(ours, original, exact, *, formula=1e-4, margin=1.0):
    """Assert that ours is no further from float64 than the original is.

    Where both are as good as float32 can hold the exact values, neither is better. `formula` bounds
    the distance of the original from float64, relative to the values: beyond it that is not the
    original's formula, and being near it would be no merit.
    """
    assert ours.shape == original.shape, f"ours {ours.shape}, the original {original.shape}"
    assert exact.shape == original.shape, f"float64 {exact.shape}, the original {original.shape}"
    if not ours.size:
        return
    for result in (ours, original, exact):
        assert np.isfinite(result).all()
    e = errors(ours, original, exact)
    # Of a signal that does not change, standardised features are 0, and the original's are its own
    # rounding divided by the epsilon of the variance.
    if e.scale > 1e-6:
        assert e.original <= formula * e.scale, f"not the original's formula: {e}"
    assert e.ours <= margin * max(e.original, e.resolution), f"less accurate than the original: {e}"


def _mean(x):
    return float(np.mean(np.abs(np.asarray(x, np.float64))))


def exact(entry, y):
    """Evaluate a row of the catalogue in float64."""
    from fastmel import reference

    return reference.frontend(y, entry.config)


def results(row, name, original):
    """Return what a row, its original and float64 make of the named signal."""
    import fastmel
    from fastmel.catalogue import CATALOGUE

    y = signal(name, CATALOGUE[row].config.sample_rate)
    expected = original(as_float(y))
    ours, truth = fastmel.frontend(row)(y), exact(CATALOGUE[row], y)
    assert ours.shape == truth.shape == expected.shape
    if isinstance(expected, Stored):
        ours, truth, expected = thinned(ours), thinned(truth), expected.values
    rest = truth > truth.min(initial=np.inf)
    if floored_below_peak(CATALOGUE[row]) and 1 < np.count_nonzero(~rest) < rest.size:
        # All values at a floor below the peak have the error of one, the peak: 29 s of the 30 s
        # that Whisper pads to would weigh that one more than all others.
        np.testing.assert_allclose(ours[~rest], truth.min(), rtol=1e-5, atol=1e-6)
        ours, truth, expected = ours[rest], truth[rest], expected[rest]
    return ours, expected, truth


def floored_below_peak(entry):
    """Return whether a row raises values to a floor that depends on the largest."""
    floors = any(type(step).__name__ == "FloorBelowMaximum" for step in entry.config.after)
    return floors or entry.config.dynamic_range is not None


def check_row(row, name, original, **tolerances):
    """Assert that a row is as accurate as its original on the named signal."""
    assert_as_accurate(*results(row, name, original), **tolerances)


def check_over_signals(row, originals, **tolerances):
    """Assert that a row is as accurate as its original over signals, given as {name: original}.

    This is for originals that transform in single precision as well as ours does. Both round, and
    on one signal, one of few frames above all, either may be nearer: up to 1.75 times were seen.
    """
    ratios = []
    for name, original in originals.items():
        parts = results(row, name, original)
        assert_as_accurate(*parts, margin=2.0, **tolerances)
        e = errors(*parts)
        ratios.append(e.ours / max(e.original, e.resolution))
    assert np.mean(ratios) <= 1, f"less accurate than the original: {ratios}"


# --- outputs of originals that do not install -----------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """An output, of which every seventh value is kept."""

    shape: tuple[int, ...]
    values: np.ndarray


def thinned(array):
    """Return the values that are stored."""
    return array.ravel()[::7]


def store(family, outputs):
    """Write outputs, by "row/signal", for :func:`stored`."""
    DATA.mkdir(exist_ok=True)
    arrays = {f"{key}/values": thinned(value) for key, value in outputs.items()}
    arrays |= {f"{key}/shape": np.array(value.shape) for key, value in outputs.items()}
    np.savez_compressed(DATA / f"{family}.npz", **arrays)


def stored(family, row, name):
    """Return a function that gives what the original returned for the named signal."""
    with np.load(DATA / f"{family}.npz") as arrays:
        shape, values = arrays[f"{row}/{name}/shape"], arrays[f"{row}/{name}/values"]
    return lambda _: Stored(tuple(shape.tolist()), values)
