"""Steps around the chain: lengths that are foretold, leading axes, values that stay."""

import dataclasses
import pickle

import numpy as np
import pytest
from fastmel import steps
from libraries import required

ON_SAMPLES = [
    steps.PadOrTrim(100),
    steps.AppendSamples(7),
    steps.AppendSamples(1, every=32, remainder=16),
    steps.PadToMultiple(32),
    steps.PadToMultiple(1, least=50),
    steps.RepeatAndPad(100),
]
ON_FEATURES = [
    steps.AppendFrames(1),
    steps.PadOrTrimFrames(40, 0.5),
    steps.PadFramesToMultiple(16),
    steps.CutFramesToMultiple(2),
    steps.FloorBelowMaximum(1.0),
    steps.Deltas(3),
    steps.Patches(8, 4),
    steps.StackFrames(2),
]
COUNTS = [1, 2, 15, 16, 17, 48, 100, 101]


@pytest.mark.parametrize("step", ON_SAMPLES, ids=repr)
@pytest.mark.parametrize("count", COUNTS)
def test_samples(step, count):
    y = np.random.default_rng(count).standard_normal((3, count)).astype(np.float32)
    result = step(y)
    assert result.shape == (3, step.n(count))
    assert result.dtype == np.float32
    kept = min(count, step.n(count))
    np.testing.assert_array_equal(result[:, :kept], y[:, :kept])
    np.testing.assert_array_equal(result[1], step(y[1]))
    if not isinstance(step, steps.RepeatAndPad):
        assert not result[:, kept:].any()


@pytest.mark.parametrize("step", ON_FEATURES, ids=repr)
@pytest.mark.parametrize("count", COUNTS)
def test_features(step, count):
    x = np.random.default_rng(count).standard_normal((2, count, 5)).astype(np.float32)
    result = step(x)
    assert result.shape[1] == step.n(count)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result[1], step(x[1]))


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("count", COUNTS)
def test_frames_that_several_steps_add(count, order):
    after = [
        steps.AppendFrames(1),
        steps.PadFramesToMultiple(16),
        steps.AppendFrames(2, -0.0),  # another value
        steps.PadFramesToMultiple(16, 0.5),
        steps.AppendFrames(3, 0.5),
        steps.CutFramesToMultiple(3),
    ]
    expected = found = np.array(np.ones((2, count, 5), np.float32), order=order)
    for step in after:
        expected = step(expected)
    stages = steps.stages_of(after)
    for stage in stages:
        found = stage(found)
    assert len(stages) == 4
    assert (found.tobytes(), found.strides) == (expected.tobytes(), expected.strides)


def test_a_step_is_a_value():
    for step in [*ON_SAMPLES, *ON_FEATURES]:
        assert pickle.loads(pickle.dumps(step)) == step
        assert hash(step) == hash(dataclasses.replace(step))


def test_repeating_nothing():
    with pytest.raises(ValueError, match="empty"):
        steps.RepeatAndPad(10)(np.zeros(0, np.float32))


def test_features_of_no_frames():
    for step in (steps.ContextWindow(2, 1), steps.Deltas(5, 2), steps.StackFrames(2)):
        for shape in ((0, 3), (2, 0, 3)):
            assert step(np.zeros(shape, np.float32)).shape == (*shape[:-1], step.width(3))


def test_deltas_are_torchaudio_s():
    functional = required("torchaudio.functional")
    torch = required("torch")
    x = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)
    for window in (3, 4, 5, 9):
        expected = functional.compute_deltas(torch.from_numpy(x.T), win_length=window).numpy().T
        np.testing.assert_allclose(steps.Deltas(window)(x)[:, 4:], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: steps.PadOrTrim(-3), ValueError, "n_samples=-3 must be at least 1"),
        (lambda: steps.PadOrTrim("3"), TypeError, "n_samples='3' must be an integer"),
        (lambda: steps.PadToMultiple(0), ValueError, "samples=0 must be at least 1"),
        (lambda: steps.Patches(96, 0), ValueError, "hop=0 must be at least 1"),
        (lambda: steps.ContextWindow(-1, 0), ValueError, "before=-1 must be at least 0"),
        (lambda: steps.Deltas(1), ValueError, "window=1 must be at least 3"),
        (lambda: steps.AppendFrames(1, np.nan), ValueError, "value=nan must be finite"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_bad_parameters(make, error, message):
    with pytest.raises(error, match=message):
        make()
