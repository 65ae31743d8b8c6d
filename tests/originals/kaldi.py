"""The Kaldi family: torchaudio, which stands for Kaldi, kaldi-native-fbank, Lhotse, FunASR."""

import functools
import warnings

import numpy as np
from libraries import required


def torchaudio(function, y, **options):
    compliance, torch = required("torchaudio.compliance.kaldi"), required("torch")
    return getattr(compliance, function)(torch.from_numpy(y[np.newaxis]), **options).numpy()


def scaled(function, y, **options):
    """Call torchaudio's function on samples in the range of 16-bit numbers."""
    return torchaudio(function, y * np.float32(32768), **options)


def less_means(features):
    return features - features.mean(axis=0, keepdims=True)


def audioset(y):
    """Return features as AST's data set makes them."""
    features = torchaudio(
        "fbank",
        y - y.mean(),
        htk_compat=True,
        use_energy=False,
        window_type="hanning",
        num_mel_bins=128,
        dither=0.0,
        frame_shift=10,
    )
    features = np.pad(features, ((0, 1024 - len(features)), (0, 0)))
    return ((features + np.float32(4.2677393)) / np.float32(4.5689974 * 2)).astype(np.float32)


def beats(y):
    features = scaled("fbank", y, num_mel_bins=128, frame_length=25, frame_shift=10)
    return (features - np.float32(15.41663)) / np.float32(2 * 6.55582)


def xvector(y):
    """Return what apply-cmvn-sliding leaves of the cepstra."""
    functional, torch = required("torchaudio.functional"), required("torch")
    cepstra = scaled(
        "mfcc",
        y,
        num_mel_bins=30,
        num_ceps=30,
        high_freq=7600.0,
        use_energy=True,
        energy_floor=0.0,
        snip_edges=False,
    )
    # Kaldi's running sums are double, and so they are here.
    wide = torch.from_numpy(cepstra).double()
    return functional.sliding_window_cmn(wide, 300, center=True).numpy().astype(y.dtype)


def knf_options(kind="Fbank", **options):
    """Return kaldi-native-fbank's options; `mel` and `frame` are groups in it."""
    knf = required("kaldi_native_fbank")
    opts = getattr(knf, f"{kind}Options")()
    opts.frame_opts.dither = 0
    groups = [
        (opts.mel_opts, options.pop("mel", {})),
        (opts.frame_opts, options.pop("frame", {})),
        (opts, options),
    ]
    for group, values in groups:
        for name, value in values.items():
            setattr(group, name, value)
    return opts


def knf(y, kind="Fbank", **options):
    opts = knf_options(kind, **options)
    features = getattr(required("kaldi_native_fbank"), f"Online{kind}")(opts)
    features.accept_waveform(opts.frame_opts.samp_freq, y)
    features.input_finished()
    return np.array([features.get_frame(t) for t in range(features.num_frames_ready)])


def standardised(y):
    features = knf(y * np.float32(32768), mel={"num_bins": 80})
    torch = required("torch")
    deviation, mean = torch.std_mean(torch.from_numpy(features), dim=0)
    return ((torch.from_numpy(features) - mean) / deviation).numpy()


def lhotse(y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return required("lhotse").Fbank().extract(y, 16000)


def funasr(y, **options):
    module, torch = required("funasr.frontends.wav_frontend"), required("torch")
    made = module.WavFrontend(dither=0.0, **options)
    features, _ = made(torch.from_numpy(y[np.newaxis]), torch.tensor([y.size]))
    return features[0].numpy()


HIRES = {"num_mel_bins": 40, "num_ceps": 40, "high_freq": -400.0, "energy_floor": 0.0}
MIRRORED = {"mel": {"num_bins": 80, "high_freq": -400}, "frame": {"snip_edges": False}}
SPEAKER = {"num_mel_bins": 80, "frame_length": 25, "frame_shift": 10, "window_type": "hamming"}

ORIGINALS = {
    "kaldi-fbank": functools.partial(scaled, "fbank", energy_floor=0.0),
    "kaldi-mfcc": functools.partial(scaled, "mfcc", energy_floor=0.0, use_energy=True),
    "kaldi-mfcc-hires": functools.partial(scaled, "mfcc", **HIRES),
    "kaldi-xvector": xvector,
    "kaldi-spectrogram": functools.partial(scaled, "spectrogram", energy_floor=0.0),
    "torchaudio-kaldi-fbank": functools.partial(torchaudio, "fbank"),
    "torchaudio-kaldi-mfcc": functools.partial(torchaudio, "mfcc"),
    "torchaudio-kaldi-spectrogram": functools.partial(torchaudio, "spectrogram"),
    "kaldi-native-fbank": knf,
    "kaldi-native-mfcc": functools.partial(knf, kind="Mfcc"),
    "lhotse-fbank": lhotse,
    "sherpa-onnx": functools.partial(knf, **MIRRORED),
    "wenet": functools.partial(scaled, "fbank", num_mel_bins=80, energy_floor=0.0),
    "wespeaker": lambda y: less_means(scaled("fbank", y, **SPEAKER)),
    "pyannote-wespeaker": lambda y: less_means(
        scaled("fbank", y, snip_edges=True, use_energy=False, **SPEAKER)
    ),
    "funasr": functools.partial(funasr, lfr_m=7, lfr_n=6),
    "fsmn-vad": functools.partial(funasr, lfr_m=5, lfr_n=1),
    "cosyvoice-speaker": lambda y: less_means(torchaudio("fbank", y, num_mel_bins=80, dither=0)),
    "ast-original": audioset,
    "audiomae": audioset,
    "beats": beats,
    "fairseq2-fbank": standardised,
}
