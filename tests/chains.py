"""Configurations that between them have every stage of the chain, for tests that run over all.

Needs NumPy and fastmel alone.
"""

import numpy as np
from fastmel import MelConfig

SPEECH = MelConfig(sample_rate=16000, n_fft=400, hop_length=160, n_mels=40)
KALDI = MelConfig(
    sample_rate=16000,
    n_fft=512,
    win_length=400,
    hop_length=160,
    window="povey",
    window_position="left",
    padding="none",
    scale=32768.0,
    remove_dc_offset=True,
    preemphasis=0.97,
    n_mels=40,
    fmin=20.0,
    mel_scale="kaldi",
    mel_shape="mel",
    mel_norm=None,
    mel_exclude="nyquist",
    log="ln",
    log_floor=2.0**-23,
    layout="time_mel",
)
LOG = SPEECH.replace(log="ln", log_floor=1e-6)

CHAINS = {
    "kaldi": KALDI,
    "kaldi, mirrored": KALDI.replace(
        padding=(120, 0), pad_mode="symmetric", frame_count="round", window="hamming_symmetric"
    ),
    "kaldi, prime n_fft": KALDI.replace(n_fft=431, hop_length=77),
    "dither": KALDI.replace(dither=1.0, dither_seed=1),
    "dither of the signal's scale": SPEECH.replace(
        dither=1e-3, win_length=320, padding="none", log="dB"
    ),
    "dither of the signal": SPEECH.replace(
        dither=1e-3, dither_scope="signal", dither_seed=7, preemphasis=0.97, log="dB"
    ),
    "energy, raw": KALDI.replace(use_energy=True, energy_floor=1.0),
    "energy, windowed": KALDI.replace(use_energy=True, energy_of="windowed", htk_compat=True),
    "energy of the spectrum": SPEECH.replace(
        use_energy=True, energy_of="spectrum", mel_gain=1 / 400, log="ln"
    ),
    "energy in bin 0": KALDI.replace(n_mels=None, fmin=0.0, mel_exclude=None, use_energy=True),
    "pre-emphasis of the signal": LOG.replace(
        preemphasis=0.97, preemphasis_scope="signal", pad_mode="reflect", log_offset=2.0**-24
    ),
    "pre-emphasis, valid": LOG.replace(
        preemphasis=0.97, preemphasis_scope="valid", pad_mode=("edge", "symmetric")
    ),
    "spectrum floor": LOG.replace(power=1.0, spectrum_floor=1e-3),
    "spectrum offset": LOG.replace(
        power=1.0, spectrum_offset=1e-9, padding=(120, 120), pad_mode="reflect", log="log10"
    ),
    "bins, cube root": SPEECH.replace(n_mels=None, power=2 / 3, frame_count="tail"),
    "clip": SPEECH.replace(log="dB", shift=20.0, gain=0.025, clip=(-1.0, 1.0)),
    "range of the item": LOG.replace(log="log10", dynamic_range=2.0, shift=4.0, gain=0.25),
    "maximum": LOG.replace(log="dB", ref="max", dynamic_range=30.0),
    "ln above e": SPEECH.replace(mel_gain=1e4, log="ln_above_e"),
    "mean": LOG.replace(normalize="mean"),
    "mean and std": LOG.replace(
        normalize="mean_std", normalize_ddof=1, normalize_eps=1e-5, layout="time_mel"
    ),
    "mean and std, frames apart": LOG.replace(
        n_mels=37, normalize="mean_std", normalize_eps=1e-5, normalize_eps_to="variance"
    ),
    "mean of all": LOG.replace(normalize="mean", normalize_axis="all", layout="time_mel"),
    "mean and std of all": LOG.replace(
        normalize="mean_std", normalize_axis="all", normalize_eps=1e-9, normalize_eps_to="floor"
    ),
    "mean of a window": LOG.replace(
        normalize="mean", normalize_window=(150, 149), normalize_min_window=300
    ),
    "mean and std of a window": LOG.replace(
        normalize="mean_std",
        normalize_window=(20, 0),
        normalize_min_window=2,
        normalize_eps=1e-5,
        layout="time_mel",
    ),
    "pcen": SPEECH.replace(normalize="pcen", mel_gain=2.0**31),
    "half": LOG.replace(dtype="float16"),
    "mfcc": LOG.replace(log="dB", dynamic_range=80.0, n_mfcc=13, mfcc_norm="htk"),
    "mfcc, kaldi": KALDI.replace(n_mfcc=13, lifter=22.0, use_energy=True),
    "mfcc, htk": KALDI.replace(n_mfcc=13, lifter=22.0, htk_compat=True, normalize="mean"),
    "low frame rate": KALDI.replace(
        stack=7,
        stack_stride=6,
        stack_left=3,
        stack_tail="edge",
        feature_shift=tuple(np.linspace(-1, 1, 280)),
        feature_gain=tuple(np.linspace(0.5, 2, 280)),
    ),
    "pairs": LOG.replace(stack=2, stack_tail=0.0),
    "every third": LOG.replace(stack_stride=3, normalize="mean"),
}
"""One value of a configuration by what is special about it."""
