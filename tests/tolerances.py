"""How close is close: every bound that the tests use, and where it comes from.

The unit is that of IEEE rounding: half an ulp is 6.0e-8 relative in float32, 1.1e-16 in float64.
NumPy's `allclose` defaults (rtol 1e-5, atol 1e-8) are the bound that users of librosa test with;
the closer bounds below are what the arithmetic should give, with little room.
"""

import numpy as np

# precision="double": everything up to the result is float64, so what remains is the rounding of the
# result to float32 (6e-8), of librosa's float32 mel weights (shared by both sides), and of the
# complex64 spectrum that librosa's own definition contains (it costs librosa 5e-7 in power).
DOUBLE_MEL_REL = 3e-7
# float32 decibels have an ulp of 7.6e-6 between 64 and 128 dB: half of it is the result's rounding,
# and 3e-7 relative in power is 1.3e-6 dB.
DOUBLE_DB = 1e-5

# precision="single": a float32 transform errs by about 1e-7 of the strongest bin in every bin. That
# is 3e-7 of the largest band absolute, and 1e-3 dB in a band 80 dB below it.
SINGLE_MEL_OF_MAX = 3e-7
SINGLE_DB = 2e-3
SINGLE_DB_RANGE = 80.0

# Whisper's features are computed in float32 by the original too. Over signals such as these its own
# error is up to 2.9e-5, and 9e-7 on average (root mean square).
WHISPER = 3e-5
WHISPER_RMS = 9e-7
# A lone tone leaves bands 70 dB down that hold the float32 transform's rounding and little else:
# torch.stft errs there by 3.8e-7 of the maximum and 2.4e-3 dB, Whisper's own features by 8.4e-5.
TONE = 2.0
TONE_WHISPER = 3.0

# float64 input: a transform of N points errs by a few eps * log2(N) of the frame's norm, so a band
# is right to 1e-12 relative unless it lies more than some 60 dB below the frame's strongest one;
# the second bound is for those.
FLOAT64_MEL_REL = 1e-12
FLOAT64_OF_MAX = 1e-15

# A spectrum's error, as a share of the frame's root-mean-square bin: rounding accumulates like
# eps * sqrt(log2 N) on average; the factor covers the worst bin and the lengths with large prime
# factors, whose transform is a convolution three times as long. In double the oracle rounds too.
SPECTRUM_OF_RMS = {"double": 8e-15, "single": 3e-6}
HALF_ULP = {np.dtype(np.float32): 6.0e-8, np.dtype(np.float64): 1.2e-16}

# librosa.feature.mfcc transforms float32 decibels with a float32 DCT, and is itself 5e-5 away from
# the float64 value of its own formula where coefficients reach several hundred; coefficients near
# zero therefore disagree in relative terms whatever we do.
MFCC_ABS = 1e-4
# librosa.istft inverts complex64 in float32: 2e-7 of the signal's maximum off the exact value.
ISTFT_OF_MAX = 1e-6
# The ramp of pad_mode="linear_ramp" is made in the type of the samples: one more rounding of each.
RAMP_OF_RMS = 3e-7
# dB values next to 0 come from powers next to 1, whose 5e-7 relative error is 2e-6 dB absolute, and
# below NumPy's relative 1e-5 only beyond 0.2 dB.
LIBROSA_DB = 1.5e-5


def assert_spectrum(actual, expected, precision="double", *, roundings=1, of_rms=0.0):
    """Complex spectra (..., bins, frames): rounding of the result plus that of the transform.

    `roundings`: how many of the two were rounded to the type of `actual`; `of_rms`: error that
    either side has besides, as a share of the frame's root-mean-square bin.
    """
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    half_ulp = HALF_ULP[actual.real.dtype]
    rms = np.sqrt(np.mean(np.abs(expected) ** 2, axis=-2, keepdims=True))
    bound = roundings * half_ulp * np.abs(expected) + (SPECTRUM_OF_RMS[precision] + of_rms) * rms
    _assert_within(actual, expected, 1.5 * bound + np.finfo(actual.real.dtype).tiny)


def assert_relative(actual, expected, rel, of_max=0.0):
    """|error| <= rel * |expected| + of_max * max|expected|."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    largest = np.max(np.abs(expected), initial=0.0)
    tiny = np.finfo(actual.dtype).tiny if actual.dtype.kind in "fc" else 0.0
    _assert_within(actual, expected, rel * np.abs(expected) + of_max * largest + tiny)


def assert_absolute(actual, expected, bound):
    """|error| <= bound everywhere."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    _assert_within(actual, expected, np.full(expected.shape, float(bound)))


def assert_same_bits(actual, expected, what=""):
    """Equal shape, type and every bit, the signs of zeros included."""
    actual, expected = np.ascontiguousarray(actual), np.ascontiguousarray(expected)
    assert actual.shape == expected.shape, what
    assert actual.dtype == expected.dtype, what
    different = actual.view(np.uint8) != expected.view(np.uint8)
    assert not different.any(), f"{what}: {np.count_nonzero(actual != expected)} values differ"


def _assert_within(actual, expected, bound):
    error = np.abs(actual.astype(np.result_type(actual, np.float64)) - expected)
    # Not `error > bound`: that is False for NaN.
    wrong = ~(error <= bound)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise AssertionError(
            f"{np.count_nonzero(wrong)} of {wrong.size} values off; first at {where}: "
            f"got {actual[where]!r}, expected {expected[where]!r}, "
            f"error {error[where]:.3g}, bound {bound[where]:.3g}"
        )
