"""The Kaldi family, live: torchaudio, kaldi-native-fbank, Lhotse, FunASR, and Kaldi's own output.

Kaldi itself does not install; torchaudio's functions stand for it, and what it wrote once.
"""

import functools
from pathlib import Path

import fastmel
import numpy as np
import pytest
from fastmel import kaldi, reference
from fastmel._catalogue import CATALOGUE
from libraries import required

from .compare import exact
from .kaldi import MIRRORED, funasr, knf, knf_options, torchaudio, xvector
from .signals import NAMES, as_float, signal


def assert_as_accurate(*results):
    """Assert that ours is no further from float64 than the original, as a rule and at the worst.

    Each result is (ours, original, exact). The rule is the median of all errors. Their root mean
    square is that of a few bands that are nearly empty beside loud ones, such as band 0: there
    every single-precision transform leaves a rounding error of its own, larger or smaller by
    chance, and by how it is cut. The ratio is below 1 for most rows and signals; the largest one
    seen is 2.3, for frames of 80 samples.
    """
    for ours, original, true in results:
        assert ours.shape == original.shape == true.shape
        assert np.isfinite(ours).all()
        assert np.isfinite(original).all()
    ours, original, true = (
        np.concatenate([x.ravel() for x in of]) for of in zip(*results, strict=True)
    )
    ours, original = np.abs(ours - true), np.abs(original - true)
    # Rounding the last operation and the one before it: half a unit in the last place each.
    unit = np.spacing(np.abs(true).astype(np.float32))
    assert np.median(original) <= 1e-5 * max(rms(true), 0.1), "this is another formula"
    assert np.median(ours) <= max(np.median(original), np.median(unit))
    assert rms(ours) <= 3 * max(rms(original), rms(unit))


def rms(x):
    return np.sqrt(np.mean(np.square(x, dtype=np.float64)))


def test_xvector():
    """Thirty cepstra share the rounding of a few bands, and what they share is a matter of luck.

    So the formula is compared in float64, but for the weights, which torchaudio rounds to float32.
    """
    for name in NAMES:
        y = as_float(signal(name, 16000)).astype(np.float64)
        truth = exact(CATALOGUE["kaldi-xvector"], y)
        np.testing.assert_allclose(xvector(y), truth, rtol=0, atol=1e-5 * max(1, truth.max()))


OPTIONS = {
    "fbank": [
        {},
        {"num_mel_bins": 80, "high_freq": -400.0},
        {"use_energy": True},
        {"use_energy": True, "htk_compat": True, "raw_energy": False, "energy_floor": 0.0},
        {"use_log_fbank": False},
        {"use_log_fbank": False, "use_energy": True},
        {"use_power": False, "subtract_mean": True},
        {"snip_edges": False},
        {"snip_edges": False, "frame_length": 5.0, "num_mel_bins": 5},
        {"snip_edges": False, "frame_length": 25.3, "frame_shift": 7.1},
        {"vtln_warp": 1.1},
        {"vtln_warp": 0.85, "high_freq": 7000.0, "vtln_high": -2000.0, "vtln_low": 200.0},
        {"window_type": "hamming", "remove_dc_offset": False},
        {"window_type": "hanning", "preemphasis_coefficient": 0.0},
        {"window_type": "rectangular", "round_to_power_of_two": False},
        {"window_type": "blackman", "blackman_coeff": 0.4, "low_freq": 0.0},
        {"sample_frequency": 11025.0},
        {"sample_frequency": 16000.5},
    ],
    "mfcc": [
        {},
        {"use_energy": True},
        {"htk_compat": True},
        {"use_energy": True, "htk_compat": True},
        {"num_ceps": 23, "cepstral_lifter": 0.0, "subtract_mean": True},
        {"num_mel_bins": 40, "num_ceps": 20, "snip_edges": False, "vtln_warp": 0.9},
    ],
    "spectrogram": [
        {},
        {"energy_floor": 0.0, "raw_energy": False, "subtract_mean": True},
        {"snip_edges": False, "window_type": "hamming", "round_to_power_of_two": False},
    ],
}
CALLS = [(function, options) for function in OPTIONS for options in OPTIONS[function]]


def in_float64(monkeypatch, function, *args, **options):
    """Evaluate what a function of fastmel.kaldi makes of its arguments, in float64."""
    front_end = kaldi._compliance._front_end

    def exactly(*arguments):
        made, *lengths = front_end(*arguments)
        return functools.partial(reference.frontend, config=made.config), *lengths

    with monkeypatch.context() as patch:
        patch.setattr(kaldi._compliance, "_front_end", exactly)
        return getattr(kaldi, function)(*args, **options)


SIGNALS = ("speech", "noise", "clipped", "short", "awkward")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("function", "options"), CALLS, ids=str)
def test_torchaudio(monkeypatch, function, options, dtype):
    results = []
    for name in SIGNALS:
        y = as_float(signal(name, 16000)).astype(dtype) * 32768
        ours = getattr(kaldi, function)(y[np.newaxis], **options)
        true = in_float64(monkeypatch, function, y[np.newaxis], **options)
        original = torchaudio(function, y, **options)
        assert ours.dtype == original.dtype == dtype
        results.append((ours, original, true))
    assert_as_accurate(*results)


KNF_OPTIONS = [
    ("Fbank", {}),
    ("Fbank", MIRRORED),
    ("Fbank", {"use_energy": True, "htk_compat": True, "energy_floor": 1.0}),
    ("Fbank", {"use_energy": True, "raw_energy": False, "use_power": False}),
    ("Fbank", {"use_log_fbank": False, "use_energy": True}),
    ("Fbank", {"use_log_floor": False, "eps": 1e-3, "use_energy": True}),
    ("Fbank", {"eps": 1e-3}),
    ("Fbank", {"frame": {"window_type": "sine", "frame_shift_ms": 12.5, "snip_edges": False}}),
    ("Fbank", {"frame": {"window_type": "hann", "round_to_power_of_two": False}}),
    ("Fbank", {"frame": {"window_type": "blackman", "blackman_coeff": 0.4}}),
    ("Fbank", {"mel": {"htk_mode": True, "num_bins": 26}}),
    ("Fbank", {"mel": {"htk_mode": True}, "use_log_fbank": False, "use_energy": True}),
    ("Fbank", {"mel": {"htk_mode": True, "is_librosa": True}, "use_energy": True}),
    ("Fbank", {"eps": 3.0, "use_energy": True, "energy_floor": 1e-4}),
    ("Fbank", {"mel": {"is_librosa": True, "floor_to_int_bin": True}}),
    ("Fbank", {"mel": {"is_librosa": True, "low_freq": 0, "num_bins": 40}}),
    ("Fbank", {"mel": {"is_librosa": True, "use_slaney_mel_scale": False, "norm": ""}}),
    (
        "Fbank",
        {
            "mel": {
                "is_librosa": True,
                "use_slaney_mel_scale": False,
                "norm": "",
                "floor_to_int_bin": True,
            }
        },
    ),
    ("Mfcc", {}),
    ("Mfcc", {"use_energy": False, "htk_compat": True}),
    ("Mfcc", {"htk_compat": True, "raw_energy": False, "energy_floor": 1.0}),
    ("Mfcc", {"num_ceps": 40, "mel": {"num_bins": 40, "high_freq": -200}, "cepstral_lifter": 0}),
    ("Mfcc", {"frame": {"snip_edges": False, "samp_freq": 11025.0}}),
]


def ours_online(y, kind, opts):
    features = getattr(kaldi, f"Online{kind}")(opts)
    features.accept_waveform(opts.frame_opts.samp_freq, y)
    features.input_finished()
    return features.get_frames()


@pytest.mark.parametrize(("kind", "options"), KNF_OPTIONS, ids=str)
def test_kaldi_native_fbank(kind, options):
    opts = knf_options(kind, **dict(options))
    config = getattr(kaldi, f"{kind}Options").from_dict(opts.as_dict())._chain().config()
    results = []
    for name in (*SIGNALS, "silence"):
        y = as_float(signal(name, 16000))
        ours, original = ours_online(y, kind, opts), knf(y, kind, **dict(options))
        results.append((ours, original, reference.frontend(y, config)))
    assert_as_accurate(*results)


def test_short_signals_are_mirrored_repeatedly():
    y = as_float(signal("noise", 16000))[:100]
    np.testing.assert_allclose(
        ours_online(y, "Fbank", knf_options(**MIRRORED)), knf(y, **MIRRORED), atol=1e-4
    )


@pytest.mark.parametrize("name", ["Fbank", "Mfcc", "FrameExtraction", "MelBanks"])
def test_options_are_the_originals(name):
    theirs = getattr(required("kaldi_native_fbank"), f"{name}Options")().as_dict()
    ours = getattr(kaldi, f"{name}Options")().as_dict()

    def flat(values, prefix=""):
        for key, value in values.items():
            if isinstance(value, dict):
                yield from flat(value, f"{prefix}{key}.")
            else:
                yield prefix + key, value

    ours, theirs = dict(flat(ours)), dict(flat(theirs))
    assert ours.keys() == theirs.keys()
    for key, value in theirs.items():
        assert type(ours[key]) is type(value), key
        assert ours[key] == (pytest.approx(value) if isinstance(value, float) else value), key


@pytest.mark.parametrize("options", [{}, {"center": True}, {"norm_vars": True}])
@pytest.mark.parametrize("sizes", [(600, 100), (30, 10), (7, 3), (20, 100)])
@pytest.mark.parametrize("n_frames", [1, 2, 99, 250])
def test_sliding_window_cmn(n_frames, sizes, options):
    functional, torch = required("torchaudio.functional"), required("torch")
    x = np.random.default_rng(0).normal(15, 3, (2, n_frames, 5))
    theirs = functional.sliding_window_cmn(torch.from_numpy(x.copy()), *sizes, **options)
    ours = kaldi.sliding_window_cmn(x, *sizes, **options)
    # Variances of a few frames: the original's running sums lose digits, which ours do not.
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-6, atol=1e-9)


def write_am_mvn(path, shift, scale):
    """Write the file as FunASR's tools do."""
    n = len(shift)

    def row(x):
        return " ".join(f"{v:.6g}" for v in x)

    path.write_text(
        f"<Nnet> \n<Splice> {n} {n}\n[ 0 ]\n"
        f"<AddShift> {n} {n} \n<LearnRateCoef> 0 [ {row(shift)} ]\n"
        f"<Rescale> {n} {n} \n<LearnRateCoef> 0 [ {row(scale)} ]\n</Nnet> \n"
    )
    return path


def test_am_mvn(tmp_path):
    module = required("funasr.frontends.wav_frontend")
    rng = np.random.default_rng(0)
    path = write_am_mvn(tmp_path / "am.mvn", rng.normal(-12, 2, 560), rng.uniform(0.1, 0.3, 560))
    shift, scale = kaldi.read_am_mvn(path)
    theirs = module.load_cmvn(path).numpy()
    np.testing.assert_array_equal([shift, scale], theirs)

    y = signal("speech", 16000)
    conf = {"lfr_m": 7, "lfr_n": 6, "window": "hamming", "n_mels": 80, "fs": 16000}
    fe = kaldi.wav_frontend(path, **conf)
    original = funasr(y, cmvn_file=path, **conf)
    assert_as_accurate((fe(y), original, reference.frontend(y, fe.config)))


STORED = Path(__file__).parent / "data" / "kaldi.npz"
KALDI = {
    "fbank": ("fbank", {}),
    "fbank-energy": ("fbank", {"use_energy": True}),
    "fbank-energy-htk": ("fbank", {"use_energy": True, "htk_compat": True}),
    "fbank-40-mirrored": ("fbank", {"num_mel_bins": 40, "snip_edges": False}),
    "mfcc": ("mfcc", {"use_energy": True}),
    "mfcc-mirrored": ("mfcc", {"use_energy": True, "snip_edges": False}),
    "spectrogram": ("spectrogram", {}),
}


@pytest.mark.parametrize("case", KALDI)
def test_kaldis_own_output(case):
    """Kaldi's transform rounds to float32 in another order; its text has seven digits."""
    function, options = KALDI[case]
    with np.load(STORED) as data:
        y, theirs = data["y"].astype(np.float32), data[case]
    ours = getattr(kaldi, function)(y[np.newaxis], energy_floor=0.0, **options)
    assert ours.shape[1] == theirs.shape[1]
    ours = ours[: len(theirs)]
    # A swept sine leaves most bands nearly empty, where Kaldi's own rounding is what it wrote.
    largest, average = {"fbank": (0.06, 1e-3), "mfcc": (0.1, 5e-3)}.get(function, (1.1, 3e-3))
    difference = np.abs(ours - theirs)
    assert difference.max() < largest
    assert difference.mean() < average


def test_rows_are_what_the_functions_compute():
    y = as_float(signal("speech", 16000))
    np.testing.assert_array_equal(
        fastmel.frontend("torchaudio-kaldi-fbank")(y), kaldi.fbank(y[np.newaxis])
    )
    np.testing.assert_array_equal(
        fastmel.frontend("kaldi-mfcc")(y),
        kaldi.mfcc(y[np.newaxis] * 32768, use_energy=True, energy_floor=0.0),
    )
    np.testing.assert_array_equal(
        fastmel.frontend("sherpa-onnx")(y), ours_online(y, "Fbank", kaldi_options(**MIRRORED))
    )


def kaldi_options(**options):
    return kaldi.FbankOptions.from_dict(
        {
            "mel_opts": options.get("mel", {}),
            "frame_opts": {"dither": 0, **options.get("frame", {})},
        }
    )
