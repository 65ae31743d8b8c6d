"""How an error of ours is weighed against the original's.

Both are measured against the formula evaluated in float64. The measure is the mean absolute
difference over the features of a signal. The largest, and the root mean square that it dominates,
are those of a few bins with next to no energy beside strong ones, and which of two roundings is
unluckier there is chance: between equals they differ by half, the mean by a few per cent.
"""

from dataclasses import dataclass

import fastmel
import numpy as np
from fastmel import reference
from fastmel._catalogue import CATALOGUE

from .signals import as_float, signal
from .storage import Stored


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
    assert all(np.isfinite(result).all() for result in (ours, original, exact))
    exact = np.asarray(exact, np.float64)
    return Errors(
        ours=_mean(ours - exact),
        original=_mean(original - exact),
        resolution=_mean(np.spacing(np.abs(exact).astype(np.float32))),
        scale=_mean(exact),
    )


# Cepstra of silence are sums of a hundred decibels that cancel: what is left of them in float64 is
# rounding, of the oracle as well.
ZERO = 1e-12


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
    e = errors(ours, original, exact)
    if e.scale < ZERO:
        assert e.ours < ZERO, f"not zero, as the exact values are: {e}"
        return
    # Of a signal that does not change, standardised features are 0, and the original's are its own
    # rounding divided by the epsilon of the variance.
    if e.scale > 1e-6:
        assert e.original <= formula * e.scale, f"not the original's formula: {e}"
    assert e.ours <= margin * max(e.original, e.resolution), f"less accurate than the original: {e}"


def _mean(x):
    return float(np.mean(np.abs(np.asarray(x, np.float64))))


def exact(entry, y):
    """Evaluate a row of the catalogue in float64."""
    return reference.frontend(y, entry.config)


def samples(row, name):
    """Return the named signal for a row."""
    y = signal(name, CATALOGUE[row].config.sample_rate)
    return np.tile(y, 4) if row == "musicnn" else y  # 3 s make one patch


def results(row, name, original):
    """Return what a row, its original and float64 make of the named signal."""
    y = samples(row, name)
    expected = original(as_float(y))
    ours, truth = fastmel.frontend(row)(y), exact(CATALOGUE[row], y)
    assert ours.shape == truth.shape == expected.shape
    if isinstance(expected, Stored):
        ours, truth, expected = expected.same(ours), expected.same(truth), expected.values
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


# --- a row ----------------------------------------------------------------------------------------

# Between the notes of the music lie bands in which a transform in single leaves its rounding alone;
# it shows in decibels, under a low floor, and in cepstra of such bands.
FORMULA = dict.fromkeys(
    [
        "torchaudio-db",
        "tf-signal",
        "tf-signal-mfcc",
        "kaldi-mfcc-hires",
        "kaldi-spectrogram",
        "kaldi-xvector",
        "vocos",
        "vocos-same",
        "f5-tts",
        "efficientat",
        "laion-clap",
    ],
    1e-3,
)


def check(row, originals):
    """Assert that a row is as accurate as its original, given by the name of the signal.

    A row in double is on each signal. Where ours transforms in single as the original does, both
    round, and on one signal, one of few frames above all, either may be nearer: up to 1.75 times
    were seen. So there it is the mean over the signals.
    """
    ratios = []
    for name, original in originals.items():
        parts = results(row, name, original)
        try:
            ratios += weigh(row, *parts)
        except AssertionError as error:
            raise AssertionError(f"{row}, {name}: {error}") from error
    assert sum(ratios) <= len(ratios), f"{row} is less accurate than the original: {ratios}"


def weigh(row, ours, original, truth):
    """Assert what must hold on one signal; return the ratio of the errors, if there is one."""
    assert ours.dtype == original.dtype
    if not ours.size:
        return []
    if not np.isfinite(original).any():  # of silence, divided by its deviation of 0
        assert not ours.any()
        return []
    if ours.dtype == np.float16:
        assert_half(ours, original)
        return []
    if ours.dtype == np.float64:
        # An empty band may be the original's guard against the logarithm of 0.
        bound = 1e-12 * np.abs(original).max() + np.finfo(float).eps
        np.testing.assert_allclose(ours, original, rtol=0, atol=bound)
    margin = 2.0 if CATALOGUE[row].config.precision == "single" else 1.0
    assert_as_accurate(ours, original, truth, formula=FORMULA.get(row, 1e-4), margin=margin)
    e = errors(ours, original, truth)
    return [e.ours / max(e.original, e.resolution)]


def assert_half(ours, original):
    """Assert that float16 is infinite where the original is; few values may round the other way."""
    finite = np.isfinite(original)
    np.testing.assert_array_equal(np.isfinite(ours), finite)
    ours, original = ours[finite], original[finite]
    difference = np.abs(ours.astype(float) - original)
    assert (difference <= np.spacing(np.maximum(ours, original))).all()
    assert (difference > 0).mean() < 0.001
