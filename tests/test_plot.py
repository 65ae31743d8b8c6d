"""Pictures: what lies where on the axes, and no side effects."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from fastmel._engine.filterbank import hz_to_mel, mel_frequencies
from fastmel.plot import specshow, waveshow
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from signals import noise


@pytest.fixture
def ax():
    return Figure(figsize=(8, 4)).add_subplot()


def labels(axis):
    """The texts of the ticks in view, after drawing."""
    axis.figure.canvas.draw()
    low, high = sorted(axis.get_view_interval())
    return [t.get_text() for t in axis.get_ticklabels() if low <= _place(t, axis) <= high]


def _place(label, axis):
    return label.get_position()[axis.axis_name == "y"]


def corners(mesh):
    """Edges of the cells: (x, y)."""
    grid = np.asarray(mesh.get_coordinates())
    return grid[0, :, 0], grid[:, 0, 1]


def cells(mesh, shape):
    """Values of the cells, which matplotlib before 3.8 has in one row."""
    return np.ma.reshape(mesh.get_array(), shape)


def test_draws_the_data(ax):
    data = np.arange(12.0).reshape(3, 4)
    mesh = specshow(data, ax=ax)
    assert isinstance(mesh, QuadMesh)
    assert mesh.axes is ax
    np.testing.assert_array_equal(cells(mesh, data.shape), data)
    assert labels(ax.xaxis) == labels(ax.yaxis) == []


def test_time_axis_is_in_seconds(ax):
    mesh = specshow(np.zeros((5, 100)), x_axis="time", sr=16000, hop_length=160, ax=ax)
    x, _ = corners(mesh)
    # Frame t is centred at t hops, but for the first, which begins with the signal.
    np.testing.assert_allclose((x[1:-1] + x[2:]) / 2, np.arange(1, 100) * 0.01)
    assert x[0] == 0
    assert ax.get_xlim() == pytest.approx((0, 0.995))
    assert ax.get_xlabel() == "Time (s)"
    assert labels(ax.xaxis)[:3] == ["0", "0.1", "0.2"]


@pytest.mark.parametrize(
    ("minutes", "label", "tick"), [(3, "Time (min:s)", "1:30"), (150, "Time (h:min:s)", "1:30:00")]
)
def test_long_times_read_like_a_clock(ax, minutes, label, tick):
    specshow(np.zeros((2, minutes * 60)), x_axis="time", sr=100, hop_length=100, ax=ax)
    assert ax.get_xlabel() == label
    assert tick in labels(ax.xaxis)


def test_frames_axis_counts(ax):
    specshow(np.zeros((5, 40)), x_axis="frames", ax=ax)
    assert ax.get_xlim() == (0, 40)
    assert ax.get_xlabel() == "Frame"
    assert all(text.isdecimal() for text in labels(ax.xaxis))


@pytest.mark.parametrize("htk", [False, True])
def test_mel_bands_lie_around_their_peaks_and_are_equally_high(ax, htk):
    mesh = specshow(np.zeros((40, 3)), y_axis="mel", sr=16000, fmin=50, htk=htk, ax=ax)
    _, y = corners(mesh)
    mels = hz_to_mel(y, htk=htk)
    np.testing.assert_allclose(np.diff(mels), np.diff(mels)[0])
    peaks = mel_frequencies(42, fmin=50, fmax=8000, htk=htk)[1:-1]
    np.testing.assert_allclose((mels[1:] + mels[:-1]) / 2, hz_to_mel(peaks, htk=htk))
    pixels = ax.transData.transform(np.stack([np.zeros_like(y), y], axis=1))[:, 1]
    np.testing.assert_allclose(np.diff(pixels), np.diff(pixels)[0], rtol=1e-6)


def test_mel_ticks_are_round_frequencies(ax):
    specshow(np.zeros((128, 3)), y_axis="mel", ax=ax)
    assert labels(ax.yaxis)[-5:-1] == ["1k", "2k", "4k", "8k"]
    assert "Hz" in ax.get_ylabel()
    ax.set_ylim(1000, 1500)
    assert "1.2k" in labels(ax.yaxis)


@pytest.mark.parametrize("y_axis", ["hz", "linear", "log"])
def test_fft_bins_lie_at_their_frequencies(ax, y_axis):
    mesh = specshow(np.zeros((257, 3)), y_axis=y_axis, sr=16000, ax=ax)
    _, y = corners(mesh)
    np.testing.assert_allclose((y[1:-2] + y[2:-1]) / 2, np.arange(1, 256) * 31.25)
    assert (y[0], y[-1]) == (0, 8000)
    assert "4k" in labels(ax.yaxis)


def test_odd_fft_length(ax):
    _, y = corners(specshow(np.zeros((3, 2)), y_axis="hz", sr=100, n_fft=5, ax=ax))
    np.testing.assert_allclose(y, [0, 10, 30, 50])


@pytest.mark.parametrize("shift", [0, 1])
def test_coordinates_may_be_given(ax, shift):
    centres = np.array([1.0, 2.0, 4.0])
    edges = np.array([0.5, 1.5, 3.0, 5.0])
    mesh = specshow(np.zeros((2, 3)), x_coords=edges if shift else centres, x_axis="time", ax=ax)
    np.testing.assert_allclose(corners(mesh)[0], edges)


def test_colorbar_reads_in_decibels(ax):
    specshow(np.linspace(-80, 0, 20).reshape(4, 5), colorbar="dB", ax=ax)
    bar = ax.figure.axes[1]
    assert "\N{MINUS SIGN}80 dB" in labels(bar.yaxis)


def test_colorbar_label(ax):
    specshow(np.zeros((4, 5)), colorbar="power", ax=ax)
    assert ax.figure.axes[1].get_ylabel() == "power"


def test_options_reach_matplotlib(ax):
    mesh = specshow(np.zeros((4, 5)), cmap="viridis", vmin=-1, vmax=3, ax=ax)
    assert (mesh.get_cmap().name, mesh.get_clim()) == ("viridis", (-1, 3))


@pytest.mark.parametrize("shading", ["flat", "nearest", "auto", "gouraud"])
@pytest.mark.parametrize("y_axis", ["mel", "hz", None])
def test_every_shading(ax, shading, y_axis):
    data = np.arange(20.0).reshape(4, 5)
    flat = specshow(data, x_axis="time", y_axis=y_axis, ax=Figure().add_subplot())
    mesh = specshow(data, x_axis="time", y_axis=y_axis, shading=shading, ax=ax)
    ax.figure.canvas.draw()
    np.testing.assert_array_equal(cells(mesh, data.shape), data)
    for found, edges in zip(corners(mesh), corners(flat), strict=True):
        expected = (edges[1:] + edges[:-1]) / 2 if shading == "gouraud" else edges
        np.testing.assert_allclose(found, expected)


def test_complex_shows_magnitude(ax):
    with pytest.warns(UserWarning, match="magnitude"):
        mesh = specshow(np.full((2, 2), 3 + 4j), ax=ax)
    np.testing.assert_array_equal(cells(mesh, (2, 2)), np.full((2, 2), 5.0))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2)])
@pytest.mark.parametrize("y_axis", ["mel", "hz", "log", None])
def test_small_matrices(ax, shape, y_axis):
    specshow(np.ones(shape), x_axis="time", y_axis=y_axis, ax=ax)
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (np.zeros(5), {}, "data of shape"),
        (np.zeros((0, 5)), {}, "data of shape"),
        (np.zeros((2, 2)), {"x_axis": "seconds"}, "x_axis='seconds'"),
        (np.zeros((2, 2)), {"y_axis": "bark"}, "y_axis='bark'"),
        (np.zeros((2, 2)), {"sr": 0}, "sr=0"),
        (np.zeros((2, 2)), {"hop_length": -1}, "hop_length=-1"),
        (np.zeros((2, 2)), {"n_fft": 0}, "n_fft=0"),
        (np.zeros((2, 2)), {"y_axis": "mel", "fmin": 9000, "fmax": 8000}, "fmin=9000"),
        (np.zeros((2, 2)), {"x_coords": [1, 2, 3, 4]}, "x_coords"),
    ],
)
def test_specshow_refuses(ax, data, options, message):
    with pytest.raises(ValueError, match=message):
        specshow(data, ax=ax, **options)


# Waveforms ----------------------------------------------------------------------------------------


def test_short_signals_are_drawn_sample_by_sample(ax):
    y = noise(1000)
    line = waveshow(y, sr=8000, offset=2.0, ax=ax)
    np.testing.assert_allclose(line.get_xdata(), 2 + np.arange(1000) / 8000)
    np.testing.assert_array_equal(line.get_ydata(), y)
    assert ax.get_xlabel() == "Time (s)"


def test_the_envelope_of_a_long_signal_loses_no_peak(ax):
    y = np.zeros(100_003)
    y[77_777], y[-1] = 0.9, -0.7
    band = waveshow(y, sr=8000, max_points=500, ax=ax)
    corners = band.get_paths()[0].vertices
    assert corners[:, 1].max() == 0.9
    assert corners[:, 1].min() == -0.7
    assert len(corners) <= 2 * 500 + 3
    peak = corners[corners[:, 1].argmax(), 0]
    assert peak == pytest.approx(77_777 / 8000, abs=201 / 8000)
    assert ax.get_xlim() == pytest.approx((0, 100_003 / 8000))


def test_envelope_spans_all_channels(ax):
    y = np.stack([np.full(50_000, 0.5), np.full(50_000, -0.25)])
    corners = waveshow(y, ax=ax).get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (-0.25, 0.5)


@pytest.mark.parametrize(("dtype", "full"), [(np.int16, 2**15), (np.int32, 2**31)])
def test_pcm_is_scaled(ax, dtype, full):
    line = waveshow(np.array([0, full // 2, -full], dtype=dtype), ax=ax)
    np.testing.assert_array_equal(line.get_ydata(), [0, 0.5, -1])


def test_axis_none_has_no_ticks(ax):
    waveshow(np.zeros(10), axis=None, ax=ax)
    assert labels(ax.xaxis) == []


@pytest.mark.parametrize(
    ("y", "options", "error", "message"),
    [
        (np.zeros(0), {}, ValueError, "shape"),
        (np.float64(1), {}, ValueError, "got a scalar"),
        (np.zeros((2, 2, 2)), {}, ValueError, "shape"),
        (np.zeros(3, complex), {}, TypeError, "complex"),
        (np.array(["a"]), {}, TypeError, "dtype"),
        (np.array([0, np.nan]), {}, ValueError, "NaN"),
        (np.zeros(3), {"sr": 0}, ValueError, "sr=0"),
        (np.zeros(3), {"sr": "22k"}, TypeError, "sr='22k' must be a number"),
        (np.zeros(3), {"max_points": 0}, ValueError, "max_points=0"),
        (np.zeros(3), {"axis": "hours"}, ValueError, "axis='hours'"),
        (np.zeros(3), {"offset": "1"}, TypeError, "offset='1' must be a number"),
        (np.zeros(3), {"max_points": 0.5}, TypeError, "max_points=0.5 must be an integer"),
    ],
)
def test_waveshow_refuses(ax, y, options, error, message):
    with pytest.raises(error, match=message):
        waveshow(y, ax=ax, **options)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (
            np.zeros((48000, 2), np.int16),
            ValueError,
            r"\(48000, 2\), and time must be the last axis",
        ),
        (np.zeros((48000, 1)), ValueError, "time must be the last axis"),
        (np.zeros(9, np.uint8), TypeError, r"got dtype uint8: \(y - 128.0\) / 128 is in"),
        ([1, 2, 3], TypeError, "got dtype int64"),
        (np.zeros(9, bool), TypeError, "got dtype bool"),
        ("clip.wav", TypeError, "fastmel.load reads a file"),
    ],
)
def test_waveshow_takes_samples_as_all_do(ax, y, error, message):
    with pytest.raises(error, match=message):
        waveshow(y, ax=ax)
    assert not ax.lines
    assert not ax.collections


def test_lists_of_floats_may_be_drawn(ax):
    assert waveshow([0.0, 0.5], ax=ax).get_ydata().tolist() == [0.0, 0.5]


def test_the_envelope_of_pcm_is_scaled(ax):
    y = np.zeros(50_000, np.int16)
    y[100], y[-1] = -(2**15), 2**14
    corners = waveshow(y, ax=ax).get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (-1.0, 0.5)


@pytest.mark.parametrize("seconds", [0.6, 2, 5])
def test_clips_of_a_few_seconds_are_not_pale(ax, seconds):
    """Where runs are short, minima and maxima are next to each other."""
    y = 0.9 * np.sin(2 * np.pi * 1000 * np.arange(int(seconds * 22050)) / 22050)
    waveshow(y, color="black", ax=ax)
    ax.set_axis_off()
    ax.set_position((0, 0, 1, 1))
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    picture = np.asarray(canvas.buffer_rgba())[..., 0] / 255
    height = len(picture)
    inside = picture[height // 4 : -height // 4, 5:-5]
    assert inside.mean() < 0.2  # of white


# Limits -------------------------------------------------------------------------------------------

SHORT, LONG = np.random.default_rng(0).random((2, 128, 300))
SHORT = SHORT[:, :100]
WAVE = noise(44100)


def mel(**arguments):
    return {"x_axis": "time", "y_axis": "mel", **arguments}


def shared_with_a_longer_one(figure, specshow, waveshow):
    above, below = figure.subplots(2, sharex=True)
    specshow(LONG, ax=above, **mel())
    specshow(SHORT, ax=below, **mel())


def shared_with_a_shorter_one(figure, specshow, waveshow):
    above, below = figure.subplots(2, sharex=True)
    waveshow(WAVE, ax=above)
    specshow(LONG, ax=below, **mel())


def shared_with_a_waveform(figure, specshow, waveshow):
    above, below = figure.subplots(2, sharex=True)
    specshow(LONG, ax=above, **mel())
    waveshow(WAVE, ax=below)


def frequencies_shared(figure, specshow, waveshow):
    left, right = figure.subplots(1, 2, sharey=True)
    specshow(SHORT, ax=left, **mel())
    specshow(LONG, ax=right, **mel(sr=8000))


def over_a_longer_waveform(figure, specshow, waveshow):
    ax = figure.add_subplot()
    waveshow(np.tile(WAVE, 3), ax=ax)
    waveshow(WAVE / 2, offset=1.0, ax=ax)


def over_a_line(figure, specshow, waveshow):
    ax = figure.add_subplot()
    ax.plot([-1, 6], [100, 9000])
    specshow(SHORT, ax=ax, **mel())


def over_an_image(figure, specshow, waveshow):
    ax = figure.add_subplot()
    ax.imshow(np.zeros((50, 400)), origin="lower", aspect="auto")
    specshow(SHORT, ax=ax)


def under_a_line(figure, specshow, waveshow):
    ax = figure.add_subplot()
    specshow(SHORT, ax=ax, **mel())
    ax.plot([-1, 6], [100, 9000])


def on_twin_axes(figure, specshow, waveshow):
    ax = figure.add_subplot()
    specshow(SHORT, ax=ax, **mel())
    waveshow(WAVE, offset=3.0, ax=ax.twinx())


def after_a_zoom(figure, specshow, waveshow):
    ax = figure.add_subplot()
    specshow(SHORT, ax=ax, **mel())
    ax.set_xlim(0.5, 1)
    ax.set_ylim(100, 4000)
    specshow(LONG, ax=ax, **mel())


def twin_after_a_zoom(figure, specshow, waveshow):
    ax = figure.add_subplot()
    ax.set_xlim(0.5, 1)
    waveshow(WAVE, ax=ax)
    waveshow(WAVE, ax=ax.twinx())


def other_axes_after_a_zoom(figure, specshow, waveshow):
    above, below = figure.subplots(2, sharex=True)
    specshow(SHORT, ax=above, **mel())
    above.set_xlim(0, 1)
    specshow(LONG, ax=below, **mel())


def without_autoscaling(figure, specshow, waveshow):
    ax = figure.add_subplot()
    ax.set_autoscale_on(False)
    specshow(SHORT, ax=ax, **mel())


def upside_down(figure, specshow, waveshow):
    ax = figure.add_subplot()
    ax.invert_yaxis()
    specshow(SHORT, ax=ax, **mel())


def on_a_logarithmic_axis(figure, specshow, waveshow):
    ax = figure.add_subplot()
    ax.set_xscale("log")
    waveshow(WAVE, offset=0.1, ax=ax)


def other_rates_and_scales(figure, specshow, waveshow):
    ax = figure.add_subplot()
    specshow(LONG, x_axis="time", y_axis="linear", ax=ax)
    specshow(SHORT, ax=ax, **mel(sr=8000, hop_length=400))


@pytest.mark.parametrize(
    "draw",
    [
        shared_with_a_longer_one, shared_with_a_shorter_one, shared_with_a_waveform,
        frequencies_shared, over_a_longer_waveform, over_a_line, over_an_image, under_a_line,
        on_twin_axes, after_a_zoom, twin_after_a_zoom, other_axes_after_a_zoom,
        without_autoscaling, upside_down, on_a_logarithmic_axis, other_rates_and_scales,
    ],
)  # fmt: skip
def test_limits_are_those_of_librosa(librosa, draw):
    """All that is drawn is in view, or what was set to be; librosa has margins, and other edges."""
    ours, theirs = Figure(), Figure()
    draw(ours, specshow, waveshow)
    draw(theirs, librosa.display.specshow, librosa.display.waveshow)
    for axes, original in zip(ours.axes, theirs.axes, strict=True):
        for name in ("x", "y"):
            place = getattr(axes, f"{name}axis").get_transform().transform
            limits = place(np.array(getattr(axes, f"get_{name}lim")()))
            expected = place(np.array(getattr(original, f"get_{name}lim")()))
            assert limits == pytest.approx(expected, abs=0.06 * abs(np.ptp(expected)))
            state = f"get_autoscale{name}_on"
            assert getattr(axes, state)() == getattr(original, state)()


def test_limits_have_no_margins():
    figure = Figure()
    above, below = figure.subplots(2, sharex=True)
    specshow(LONG, ax=above, **mel())
    waveshow(WAVE, ax=below)
    assert below.get_xlim() == pytest.approx((0, 299.5 * 512 / 22050))
    waveshow(WAVE, offset=8.0, ax=below)
    assert above.get_xlim() == pytest.approx((0, 10.0))
    for n in (1, 2, 3):
        ax = Figure().add_subplot()
        waveshow(np.zeros(n), sr=10, offset=-1.0, ax=ax)
        assert ax.get_xlim() == pytest.approx((-1, -1 + n / 10))


def test_shared_times_have_one_unit():
    above, below = Figure().subplots(2, sharex=True)
    waveshow(np.zeros(1000), sr=100, ax=above)
    assert above.get_xlabel() == "Time (s)"
    specshow(np.zeros((2, 300)), x_axis="time", sr=100, hop_length=100, ax=below)
    assert above.get_xlabel() == below.get_xlabel() == "Time (min:s)"
    waveshow(np.zeros(1000), sr=100, ax=above)
    assert above.get_xlabel() == below.get_xlabel() == "Time (min:s)"
    assert "1:30" in labels(below.xaxis)


# Keywords -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "options", "message"),
    [
        (specshow, {"hop_len": 400}, "specshow has no keyword 'hop_len'; did you mean hop_length"),
        (
            specshow,
            {"win_length": 400},
            "'win_length', which librosa.display takes .* leave it out",
        ),
        (specshow, {"bins_per_octave": 24}, "'bins_per_octave', which librosa.display takes"),
        (waveshow, {"where": "post"}, "'where', which librosa.display takes"),
        (specshow, {"vmim": -80}, "'vmim'; did you mean vmin"),
        (
            specshow,
            {"tmax": 5.0},
            "'tmax'; did you mean vmax or fmax.* accepted: data, x_coords, .*, ax, and here",
        ),
        (specshow, {"data_": 1}, "'data_'; did you mean data"),
        (waveshow, {"x_axis": "time"}, "waveshow has no keyword 'x_axis'; did you mean axis"),
        (waveshow, {"colour": "red"}, "'colour'; did you mean color.*matplotlib.axes.Axes.plot"),
        (waveshow, {"y2": 0}, "'y2'"),
    ],
)
def test_unknown_keywords_are_named(ax, draw, options, message):
    with pytest.raises(TypeError, match=message):
        draw(np.zeros((4, 4)) if draw is specshow else np.zeros(9), ax=ax, **options)
    assert not ax.collections
    assert not ax.lines


def test_keywords_are_those_of_what_is_drawn(ax):
    assert waveshow(np.zeros(9), marker=".", lw=3, ls="--", label="a", ax=ax).get_linewidth() == 3
    with pytest.raises(TypeError, match=r"'marker'; accepted: .*matplotlib.axes.Axes.fill_between"):
        waveshow(np.zeros(99_999), marker=".", ax=ax)
    band = waveshow(np.zeros(99_999), lw=2, fc="red", step="mid", label="b", ax=ax)
    assert band.get_linewidth() == [2]
    look = {"ec": "black", "lw": 1, "alpha": 0.5, "gid": "mesh", "zorder": 3, "antialiased": True}
    assert specshow(np.zeros((2, 2)), vmin=-1, vmax=1, ax=ax, **look).get_gid() == "mesh"


def test_masked_cells_are_not_drawn(ax):
    data = np.ma.masked_greater(np.arange(6.0).reshape(2, 3), 3)
    drawn = cells(specshow(data, ax=ax), data.shape)
    assert drawn.mask.tolist() == data.mask.tolist()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"cmap": "magam"}, ValueError, "cmap='magam' is unknown; did you mean magma"),
        ({"cmap": 3}, TypeError, "cmap=3 must be"),
        ({"colorbar": 3}, TypeError, "colorbar=3 must be"),
        ({"htk": "yes"}, TypeError, "htk='yes' must be"),
        ({"fmin": "0"}, TypeError, "fmin='0' must be a number"),
        ({"x_coords": "abc"}, TypeError, "x_coords must hold real numbers"),
        ({"ax": [1, 2]}, TypeError, "ax must be one matplotlib.axes.Axes; got list"),
        ({"ax": Figure()}, TypeError, "ax must be one matplotlib.axes.Axes; got Figure"),
        ({"ax": Figure().add_subplot(projection="polar")}, ValueError, "rectilinear; .* 'polar'"),
        ({"ax": Figure().add_subplot(projection="3d")}, ValueError, "rectilinear; .* '3d'"),
    ],
)
def test_specshow_refuses_with_the_name(ax, options, error, message):
    with pytest.raises(error, match=message):
        specshow(np.zeros((4, 4)), **{"ax": ax, **options})
    with pytest.raises(TypeError, match="data must hold numbers; got dtype object"):
        specshow(np.zeros((4, 4), object), ax=ax)


# Side effects -------------------------------------------------------------------------------------


def test_pyplot_serves_where_no_axes_are_given(run_python):
    run_python(
        """
        import sys
        import numpy as np
        from fastmel.plot import specshow, waveshow
        assert "matplotlib" not in sys.modules
        from matplotlib.figure import Figure
        figure = Figure()
        specshow(np.zeros((4, 4)), x_axis="time", y_axis="mel", colorbar=True,
                 ax=figure.add_subplot(211))
        waveshow(np.zeros(99), ax=figure.add_subplot(212))
        figure.canvas.draw()
        assert "matplotlib.pyplot" not in sys.modules

        import matplotlib.pyplot as plt
        backend = plt.get_backend()
        axes = plt.figure().add_subplot()
        mesh = specshow(np.zeros((4, 4)))
        assert mesh.axes is axes
        assert plt.gci() is mesh
        assert waveshow(np.zeros(9)).axes is axes
        assert plt.get_backend() == backend
        """,
        MPLBACKEND="agg",
    )


def test_missing_matplotlib_says_how_to_get_it(run_python):
    done = run_python(
        """
        import sys
        sys.modules["matplotlib"] = None
        import numpy as np
        from fastmel.plot import specshow
        try:
            specshow(np.zeros((2, 2)))
        except ModuleNotFoundError as error:
            print(error)
        """
    )
    assert 'pip install "fastmel[plot]"' in done.stdout
