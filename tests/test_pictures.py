"""Pictures to the pixel: where tones, clicks and peaks are drawn, at any size, zoom and length."""

from itertools import pairwise

import numpy as np
import pytest
from effort import some

pytest.importorskip("matplotlib")

import fastmel
import matplotlib.style
from fastmel.plot import compare, filterbank, specshow, spectrum, waveshow
from fastmel.plot._axes import ACCEPTED
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.figure import Figure

SR = 22050


def figure(width=6.4, height=4.8, dpi=100):
    made = Figure(figsize=(width, height), dpi=dpi)
    FigureCanvasAgg(made)
    return made


def pixels(axes):
    """What is drawn within axes, (rows from below, columns, 3) in [0, 1], and its first pixel."""
    axes.figure.canvas.draw()
    image = np.asarray(axes.figure.canvas.buffer_rgba())[::-1, :, :3] / 255
    (left, bottom), (right, top) = axes.bbox.get_points()
    # Within the frame, which is drawn over the outermost pixels.
    left, bottom, right, top = (int(v) for v in (left + 2, bottom + 2, right - 1, top - 1))
    return image[bottom:top, left:right], (left, bottom)


def bare(axes):
    """Leave nothing on the axes but what was drawn."""
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def place(axes, x, y):
    return axes.transData.transform((x, y))


SIZES = some([(6.4, 4.8, 100), (3.0, 2.0, 72), (9.7, 5.3, 153)], every=3)


# Spectrograms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("y_axis", ["hz", "log", "mel"])
@pytest.mark.parametrize("hz", [440.0, 3000.0, 9000.0])
def test_a_tone_is_drawn_at_its_frequency(size, y_axis, hz):
    y = np.sin(2 * np.pi * hz * np.arange(2 * SR) / SR)
    S = fastmel.melspectrogram(y=y, sr=SR) if y_axis == "mel" else np.abs(fastmel.stft(y)) ** 2
    axes = figure(*size).add_subplot()
    bare(axes)
    mesh = specshow(S, sr=SR, x_axis="time", y_axis=y_axis, cmap="gray", ax=axes)
    image, (_, bottom) = pixels(axes)
    brightness = image[:, image.shape[1] // 2, 0]
    rows = np.flatnonzero(brightness == brightness.max()) + bottom
    # The cell that the tone is loudest in, by its number, and what is drawn for it.
    cell = int(np.asarray(S)[:, S.shape[1] // 2].argmax())
    low, high = np.asarray(mesh.get_coordinates())[cell : cell + 2, 0, 1]
    assert low - (high - low) / 2 <= hz <= high + (high - low) / 2
    ends = place(axes, 0, low)[1], place(axes, 0, high)[1]
    assert rows[0] == pytest.approx(ends[0], abs=1)
    assert rows[-1] + 1 == pytest.approx(max(ends[1], ends[0] + 1), abs=1)
    assert rows[0] - 1 <= place(axes, 0, hz)[1] <= rows[-1] + 2


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seconds", [3, 300])
def test_a_click_is_drawn_when_it_is_heard(size, seconds):
    y = np.zeros(seconds * SR, np.float32)
    click = 0.7123 * seconds
    y[round(click * SR)] = 1
    S = fastmel.melspectrogram(y=y, sr=SR, n_fft=512, hop_length=128)
    axes = figure(*size).add_subplot()
    bare(axes)
    specshow(S, sr=SR, hop_length=128, x_axis="time", cmap="gray", ax=axes)
    image, (left, _) = pixels(axes)
    lit = np.flatnonzero(image[..., 0].max(axis=0) > 0.2) + left
    assert lit.size  # however many frames share a pixel
    around = place(axes, click - 256 / SR, 0)[0] - 1, place(axes, click + 256 / SR, 0)[0] + 1
    assert around[0] <= lit[0] <= lit[-1] + 1 <= around[1] + 1
    assert (lit[0] + lit[-1] + 1) / 2 == pytest.approx(place(axes, click, 0)[0], abs=1.5)


@pytest.mark.parametrize("frames", [300, *some([10_000, 155_000], every=2)])
@pytest.mark.parametrize("y_axis", ["hz", "log", None])
def test_no_line_is_lost_between_pixels(frames, y_axis):
    """One row of a thousand in two hundred pixels, and a click every thousandth frame."""
    data = np.zeros((1025, frames), np.float32)
    data[::50] = 1
    axes = figure(4, 3).add_subplot()
    bare(axes)
    specshow(data, sr=SR, y_axis=y_axis, cmap="gray", ax=axes)
    image, (_, bottom) = pixels(axes)
    assert (np.ptp(image[..., 0], axis=1) == 0).all()  # no stripes along time
    lines = image[:, 0, 0] > 0.5
    for row in range(50, 1025, 50):
        hz = row * SR / 2048 if y_axis else row + 0.5
        at = int(place(axes, 0, hz)[1]) - bottom
        if 1 <= at < len(lines) - 1:
            assert lines[at - 1 : at + 2].any(), row


def test_zoomed_in_every_frame_is_there():
    data = np.zeros((16, 200_000), np.float32)
    data[:, ::2] = 1
    axes = figure().add_subplot()
    bare(axes)
    mesh = specshow(data, x_axis="frames", cmap="gray", ax=axes)
    image, _ = pixels(axes)
    assert image.min() == 1  # in each pixel one of them
    axes.set_xlim(100_000, 100_010)
    image, (left, _) = pixels(axes)
    for frame in range(100_001, 100_009):
        column = int(place(axes, frame + 0.5, 0)[0]) - left
        assert image[5, column, 0] == (frame % 2 == 0)
    assert mesh.get_array().size < data.size


def test_new_values_are_drawn():
    axes = figure().add_subplot()
    bare(axes)
    mesh = specshow(np.zeros((4, 5000)), cmap="gray", vmin=0, vmax=1, ax=axes)
    assert pixels(axes)[0].max() == 0
    mesh.set_array(np.ones((4, 5000)))
    assert pixels(axes)[0].min() == 1


def test_masked_cells_and_missing_values_stay_empty():
    data = np.ones((3, 4000))
    data[1] = np.nan
    axes = figure().add_subplot()
    bare(axes)
    axes.set_facecolor("red")
    specshow(data, cmap="gray", vmin=0, vmax=1, ax=axes)
    image, _ = pixels(axes)
    third = len(image) // 3
    assert (image[third + 5 : 2 * third - 5] == [1, 0, 0]).all()
    assert (image[: third - 5] == 1).all()


def test_an_upside_down_axis():
    data = np.arange(4000.0).reshape(4000, 1)
    axes = figure().add_subplot()
    bare(axes)
    specshow(data, cmap="gray", ax=axes)
    upright, _ = pixels(axes)
    axes.invert_yaxis()
    turned, _ = pixels(axes)
    assert np.abs(turned[::-1] - upright).max() < 0.02


@pytest.mark.parametrize("name", ["whisper", "kaldi-fbank", "librosa-mfcc", "yamnet", "funasr"])
def test_a_front_end_says_what_its_features_are(name):
    fe = fastmel.frontend(name)
    sr = fe.sample_rate
    y = 1e-3 * np.random.default_rng(0).standard_normal(4 * sr)
    features = fe(y)
    given, named = figure().add_subplot(), figure().add_subplot()
    mesh = specshow(features, frontend=fe, colorbar=True, ax=given)
    specshow(features, frontend=name, ax=named)
    assert given.get_ylim() == named.get_ylim()
    assert given.get_xlabel() == "Time (s)"
    assert given.get_ylabel()
    assert given.figure.axes[1].get_ylabel()
    frames = mesh.get_array().shape[1]
    x = np.asarray(mesh.get_coordinates())[0, :, 0]
    stack = fe.config.stack_stride or fe.config.stack
    assert np.diff(x)[1:] == pytest.approx(stack * fe.config.hop_length / sr)
    assert mesh.get_array().shape[0] == fe.n_features
    assert frames >= fe.num_frames(4 * sr)


def test_bands_of_a_front_end_are_at_their_frequencies():
    mesh = specshow(np.zeros((9, 23)), frontend="kaldi-fbank", ax=figure().add_subplot())
    y = np.asarray(mesh.get_coordinates())[:, 0, 1]
    mels = fastmel.hz_to_mel(y, htk=True)
    middles = fastmel.mel_to_hz((mels[1:] + mels[:-1]) / 2, htk=True)
    peaks = fastmel.mel_frequencies(25, fmin=20, fmax=8000, htk=True)[1:-1]
    np.testing.assert_allclose(middles, peaks)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (np.zeros((80, 9)), {"sr": 16000}, "sr=16000 is what frontend decides"),
        (np.zeros((80, 9)), {"fmax": 8000.0}, "fmax=8000.0 is what frontend decides"),
        (
            np.zeros((9, 80)),
            {},
            r"data of shape \(9, 80\) is no result of frontend, of 80 features",
        ),
        (np.zeros((80, 9)), {"frontend": "wisper"}, "did you mean whisper"),
    ],
)
def test_a_front_end_refuses(data, options, message):
    with pytest.raises(ValueError, match=message):
        specshow(data, ax=figure().add_subplot(), **{"frontend": "whisper", **options})
    with pytest.raises(TypeError, match="frontend must be a FrontEnd"):
        specshow(np.zeros((80, 9)), frontend=3, ax=figure().add_subplot())


def test_items_have_axes_of_their_own_and_one_scale():
    data = np.stack([np.zeros((4, 9)), np.full((4, 9), 2.0), np.full((4, 9), -1.0)])
    made = figure()
    meshes = specshow(
        data, x_axis="time", y_axis="mel", colorbar=True, ax=made.subplots(3, sharex=True)
    )
    assert [mesh.get_clim() for mesh in meshes] == [(-1, 2)] * 3
    assert [mesh.axes.get_xlabel() for mesh in meshes] == ["", "", "Time (s)"]
    assert len(made.axes) == 4  # and one colour bar
    with pytest.raises(ValueError, match="ax has 2 axes; data has 3 items"):
        specshow(data, ax=figure().subplots(2))
    with pytest.raises(ValueError, match="more than 32 items"):
        specshow(np.zeros((33, 2, 2)), ax=figure().subplots(2))


def test_what_is_compared_has_one_scale_and_the_difference_its_own():
    a = np.random.default_rng(0).random((40, 3000))
    b = a.copy()
    b[20, 1500] -= 0.5  # one cell of thousands
    made = figure()
    meshes = compare(a, b, names=("ours", "theirs"), ax=made.subplots(3, sharex=True))
    assert meshes[0].get_clim() == meshes[1].get_clim() == (b.min(), a.max())
    assert meshes[2].get_clim() == (-0.5, 0.5)
    assert made.axes[2].get_title(loc="left") == "theirs \N{MINUS SIGN} ours: at most 0.5"
    image, (left, bottom) = pixels(made.axes[2])
    blue = np.argwhere(image[..., 2] - image[..., 0] > 0.4)
    assert blue.size
    x, y = place(made.axes[2], 1500.5, 20.5)
    assert np.abs(blue.mean(axis=0) + [bottom, left] + 0.5 - [y, x]).max() < 1.5
    with pytest.raises(ValueError, match=r"\(2, 3\) and b of shape \(3, 2\)"):
        compare(np.zeros((2, 3)), np.zeros((3, 2)), ax=figure().subplots(3))
    with pytest.raises(ValueError, match="three"):
        compare(a, b, ax=figure().subplots(2))


# Waveforms ----------------------------------------------------------------------------------------


def dark(image):
    return image[..., 0] < 0.25


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seconds", [0.4, 1, 6, 60, 900])
def test_the_solid_part_reaches_the_true_peak(size, seconds):
    """As wide as a pixel and not paler, whatever the length."""
    n = int(seconds * 8000)
    rng = np.random.default_rng(0)
    y = (0.2 * rng.standard_normal(n)).clip(-0.7, 0.7).astype(np.float32)
    y[n // 3 : n // 3 + max(2, n // 300)] *= np.float32(0.5)
    y[n // 3], y[2 * n // 3] = 0.78, -0.83
    axes = figure(*size).add_subplot()
    bare(axes)
    waveshow(y, sr=8000, color="black", ax=axes)
    axes.set_ylim(-1, 1)
    image, (_, bottom) = pixels(axes)
    rows = np.flatnonzero(dark(image).any(axis=1)) + bottom
    assert rows[-1] + 1 == pytest.approx(place(axes, 0, 0.78)[1], abs=1.5)
    assert rows[0] == pytest.approx(place(axes, 0, -0.83)[1], abs=1.5)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seconds", [1, 60, 900])
@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_a_click_of_a_waveform_is_drawn_in_its_column(size, seconds, dtype):
    n = seconds * 8000
    y = np.zeros(n, dtype)
    y[int(0.6 * n)] = 0.9 if dtype == np.float32 else 29491
    axes = figure(*size).add_subplot()
    bare(axes)
    waveshow(y, sr=8000, offset=1.0, color="black", ax=axes)
    image, (left, bottom) = pixels(axes)
    half = int(place(axes, 0, 0.45)[1]) - bottom
    columns = np.flatnonzero(image[half, :, 0] < 0.9) + left
    expected = place(axes, 1 + int(0.6 * n) / 8000, 0)[0]
    assert columns[0] - 1 <= expected <= columns[-1] + 2
    assert columns.size <= 2 + np.ceil(0.8 * size[2] / 72)  # and the outline


def test_zoomed_in_the_waveform_is_its_samples():
    y = np.sin(2 * np.pi * np.arange(200_000) / 40)
    zoomed, plain = (figure().add_subplot() for _ in range(2))
    for axes, samples, offset in ((zoomed, y, 0), (plain, y[99_900:100_200], 99_900 / 8000)):
        bare(axes)
        waveshow(samples, sr=8000, offset=offset, color="black", ax=axes)
        axes.set_xlim(100_000 / 8000, 100_100 / 8000)
        axes.set_ylim(-1.1, 1.1)
    assert np.abs(pixels(zoomed)[0] - pixels(plain)[0]).max() < 0.1


def test_a_zoom_shows_what_is_in_it():
    y = np.zeros(400_000, np.float32)
    y[100_000:200_000] = np.where(np.arange(100_000) % 2, 0.5, -0.5)
    axes = figure().add_subplot()
    bare(axes)
    waveshow(y, sr=8000, color="black", ax=axes)
    axes.set_xlim(100_000 / 8000, 300_000 / 8000)
    image, (left, bottom) = pixels(axes)
    row = int(place(axes, 0, 0.3)[1]) - bottom
    edge = place(axes, 200_000 / 8000, 0)[0] - left
    lit = dark(image)[row]
    assert lit[: int(edge) - 1].all()
    assert not lit[int(edge) + 2 :].any()


@pytest.mark.parametrize("kind", some(["svg", "pdf"], every=2))
def test_vector_formats(tmp_path, kind):
    made = figure()
    above, below = made.subplots(2)
    waveshow(np.random.default_rng(0).standard_normal(100_000), ax=above)
    specshow(np.random.default_rng(0).random((128, 5000)), y_axis="mel", ax=below)
    made.savefig(tmp_path / f"a.{kind}")
    assert 5_000 < (tmp_path / f"a.{kind}").stat().st_size < 2_000_000


# Spectra and filters ------------------------------------------------------------------------------


@pytest.mark.parametrize("db", [False, True])
@pytest.mark.parametrize("axis", ["hz", "log"])
@pytest.mark.parametrize("seconds", [1, 60])
def test_the_spectrum_of_a_tone(db, axis, seconds):
    y = 0.5 * np.cos(2 * np.pi * 1000 * np.arange(seconds * SR) / SR)
    axes = figure().add_subplot()
    bare(axes)
    line = spectrum(y, sr=SR, db=db, axis=axis, color="black", ax=axes)
    hz, level = line.get_data()
    top = 20 * np.log10(0.5) if db else 0.5
    assert level.max() == pytest.approx(top, rel=1e-6)
    assert hz[level.argmax()] == pytest.approx(1000, abs=SR / 2 / 2**15)
    image, (left, bottom) = pixels(axes)
    highest = np.argwhere(image[..., 0] < 0.6).max(axis=0)[0]
    columns = np.flatnonzero(image[highest - 2, :, 0] < 0.8) + left
    x, y = place(axes, 1000, top)
    assert columns.mean() + 0.5 == pytest.approx(x, abs=1)
    assert highest + bottom + 1 == pytest.approx(y, abs=2)
    assert axes.get_xlim() == (0, SR / 2)


def test_the_spectrum_of_a_constant_and_of_the_highest_frequency():
    hz, level = spectrum(np.full(8, 0.25), sr=8, ax=figure().add_subplot()).get_data()
    np.testing.assert_allclose(level, [0.25, 0, 0, 0, 0], atol=1e-12)
    _, level = spectrum(0.25 * (-1.0) ** np.arange(8), sr=8, ax=figure().add_subplot()).get_data()
    np.testing.assert_allclose(level, [0, 0, 0, 0, 0.25], atol=1e-12)
    np.testing.assert_array_equal(hz, np.arange(5))


@pytest.mark.parametrize(
    ("y", "options", "error", "message"),
    [
        (np.zeros((2, 9)), {}, ValueError, "mix or choose"),
        (np.zeros(9), {"axis": "mel"}, ValueError, "axis='mel'"),
        (np.zeros(9), {"db": "yes"}, TypeError, "db='yes'"),
        (np.zeros(9), {"ref": 1.0}, TypeError, "spectrum has no keyword 'ref'"),
        (np.array([np.nan]), {}, ValueError, "not finite"),
    ],
)
def test_spectrum_refuses(y, options, error, message):
    with pytest.raises(error, match=message):
        spectrum(y, ax=figure().add_subplot(), **options)


def test_filters_are_drawn_as_they_are():
    weights = fastmel.mel_filterbank(sr=SR, n_fft=2048, n_mels=20)
    axes = figure().add_subplot()
    lines = filterbank(weights, sr=SR, ax=axes)
    assert len(lines.get_segments()) == 20
    assert axes.get_xlim() == (0, SR / 2)
    for segment, row in zip(lines.get_segments(), weights, strict=True):
        peak = segment[segment[:, 1].argmax()]
        assert peak[1] == pytest.approx(row.max())
        assert peak[0] == pytest.approx(row.argmax() * SR / 2048)
        assert segment[0, 1] == segment[-1, 1] == 0
    assert len(filterbank("kaldi-fbank", ax=figure().add_subplot()).get_segments()) == 23


@pytest.mark.parametrize("background", ["white", "black"])
def test_every_filter_can_be_told_from_the_background(background):
    axes = figure().add_subplot(facecolor=background)
    lines = filterbank("whisper", ax=axes)
    colours = lines.to_rgba(lines.get_array())[:, :3]
    grey = colours @ [0.299, 0.587, 0.114]
    assert np.abs(grey - float(background == "white")).min() > 0.25


@pytest.mark.parametrize(
    ("bank", "error", "message"),
    [
        (np.zeros(9), ValueError, r"bank of shape \(9,\)"),
        (np.zeros((2, 3), complex), TypeError, "bank must hold real numbers"),
        ("kaldi-spectrogram", ValueError, "bank has no filters"),
        ("wisper", ValueError, "did you mean"),
    ],
)
def test_filterbank_refuses(bank, error, message):
    with pytest.raises(error, match=message):
        filterbank(bank, ax=figure().add_subplot())


# Look ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_colours_are_those_of_the_style(style):
    with matplotlib.style.context(style):
        ink = matplotlib.rcParams["text.color"]
        first = matplotlib.rcParams["axes.prop_cycle"].by_key()["color"][0]
        axes = figure().add_subplot()
        band = waveshow(np.zeros(100_000), ax=axes)
        line = spectrum(np.zeros(100), ax=figure().add_subplot())
        lower = figure().subplots(3)
        compare(np.zeros((4, 4)), np.zeros((4, 4)), ax=lower)
    same = matplotlib.colors.to_rgba
    assert same(band.get_facecolor()[0]) == same(first)
    assert same(line.get_color()) == same(first)
    assert axes.xaxis.label.get_color() == ink
    background = lower[2].get_facecolor()
    drawn = pixels(lower[2])[0][5, 5]
    assert drawn == pytest.approx(background[:3], abs=0.02)  # no difference: nothing to see


def test_waveforms_follow_each_other_in_the_colours_of_the_style():
    axes = figure().add_subplot()
    bands = [waveshow(np.zeros(50_000), ax=axes) for _ in range(2)]
    assert tuple(bands[0].get_facecolor()[0]) != tuple(bands[1].get_facecolor()[0])


@pytest.mark.parametrize(("y_axis", "label"), [("hz", "11k"), ("log", "11k"), ("mel", "10.9k")])
def test_the_upper_limit_is_labelled(y_axis, label):
    axes = figure().add_subplot()
    rows = 128 if y_axis == "mel" else 1025
    specshow(np.zeros((rows, 9)), sr=SR, y_axis=y_axis, ax=axes)
    axes.figure.canvas.draw()
    texts = [text.get_text() for text in axes.get_yticklabels()]
    assert texts[-1] == label
    boxes = [text.get_window_extent() for text in axes.get_yticklabels() if text.get_text()]
    boxes.sort(key=lambda box: box.y0)
    assert all(low.y1 < high.y0 for low, high in pairwise(boxes))
    assert axes.yaxis.label.get_window_extent().x0 >= 0  # within the picture


@pytest.mark.parametrize("panels", [1, 3, 8])
def test_labels_of_small_pictures_do_not_touch(panels):
    made = figure()
    for axes in np.ravel(made.subplots(panels)):
        specshow(np.zeros((128, 9)), sr=SR, y_axis="mel", ax=axes)
    made.canvas.draw()
    for axes in made.axes:
        boxes = [text.get_window_extent() for text in axes.get_yticklabels()]
        assert all(low.y1 < high.y0 for low, high in pairwise(boxes))
        assert axes.get_yticklabels()[-1].get_text() == "10.9k"


@pytest.mark.parametrize(
    ("name", "label"),
    [("s", "Time (s)"), ("ms", "Time (ms)"), ("m", "Time (min:s)"), ("h", "Time (h:min:s)")],
)
def test_units_of_time(name, label):
    axes = figure().add_subplot()
    waveshow(np.zeros(8000), sr=8000, axis=name, ax=axes)
    other = figure().add_subplot()
    specshow(np.zeros((2, 100)), x_axis=name, ax=other)
    assert axes.get_xlabel() == other.get_xlabel() == label


def test_librosas_axes_work_or_are_refused(librosa):
    from librosa.display import specshow as theirs

    names = ["linear", "fft", "hz", "fft_note", "log", "mel", "cqt_hz", "cqt_note", "chroma"]
    names += ["time", "h", "m", "s", "ms", "frames", "off", None, "tempo", "lag", "tonnetz"]
    drawn = 0
    for name in names:
        theirs(np.zeros((12, 5)), y_axis=name, ax=figure().add_subplot())
        if name in ACCEPTED:
            specshow(np.zeros((12, 5)), y_axis=name, ax=figure().add_subplot())
            drawn += 1
            continue
        with pytest.raises(ValueError, match="which librosa draws and fastmel does not"):
            specshow(np.zeros((12, 5)), y_axis=name, ax=figure().add_subplot())
    assert drawn == 13


def test_an_hour_is_drawn_with_few_shapes(monkeypatch):
    """Cells and corners by the pixel, where it has a hundred million samples and its frames."""
    drawn = {}

    def counted(kind, count):
        draw = kind.draw

        def call(self, renderer):
            drawn[kind.__name__] = count(self)
            draw(self, renderer)

        monkeypatch.setattr(kind, "draw", call)

    counted(QuadMesh, lambda mesh: mesh.get_array().size)
    counted(PolyCollection, lambda band: sum(len(path.vertices) for path in band.get_paths()))
    y = np.zeros(3600 * 44100, np.int16)
    S = np.zeros((128, 155_040), np.float32)
    made = figure()
    above, below = made.subplots(2)
    waveshow(y, sr=44100, ax=above)
    specshow(S, x_axis="time", y_axis="mel", ax=below)
    made.canvas.draw()
    assert 640 < drawn["PolyCollection"] < 10 * 640
    assert 640 < drawn["QuadMesh"] < 640 * 480
