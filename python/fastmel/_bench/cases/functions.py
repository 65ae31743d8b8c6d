"""The functions that front ends are made of."""

from __future__ import annotations

import functools

import numpy as np

import fastmel
from fastmel import reference

from ..case import Array, Case, Contender, lib, recording
from ..measure import Call


def stft() -> Case:
    n_fft, hop = 2048, 512
    y = recording(60, 22050)
    expected = reference.stft(y)
    out = fastmel.stft(y)

    def torch() -> Call:
        window, samples = lib("torch").hann_window(n_fft), lib("torch").from_numpy(y)
        options = {"window": window, "pad_mode": "constant", "return_complex": True}
        return functools.partial(lib("torch").stft, samples, n_fft, hop, **options)

    def scipy() -> Call:
        options = {"nperseg": n_fft, "noverlap": n_fft - hop, "boundary": "zeros"}
        return functools.partial(lib("scipy.signal").stft, y, padded=False, **options)

    return Case(
        key="stft",
        title="STFT to complex64, 60 s at 22.05 kHz (2048/512)",
        unit="frame",
        units=expected.shape[1],
        expected=expected,
        tolerance=1e-6 * float(np.abs(expected).max()),
        kind="functions",
        contenders={
            "fastmel, double": Contender(lambda: lambda: fastmel.stft(y)),
            "fastmel, double, out=": Contender(lambda: lambda: fastmel.stft(y, out=out)),
            "fastmel, single": Contender(lambda: lambda: fastmel.stft(y, precision="single")),
            "fastmel, single, out=": Contender(
                lambda: lambda: fastmel.stft(y, out=out, precision="single")
            ),
            "librosa": Contender(lambda: functools.partial(lib("librosa").stft, y)),
            "librosa, out=": Contender(lambda: functools.partial(lib("librosa").stft, y, out=out)),
            "torch": Contender(torch),
            "scipy": Contender(scipy, view=lambda result: result[2] * (n_fft // 2)),
        },
    )


def pcen() -> Case:
    power = _power() * 2.0**31
    expected = np.asarray(reference.pcen(power))
    return Case(
        key="pcen",
        title="PCEN of a mel spectrogram, 128 bands, 60 s",
        unit="frame",
        units=power.shape[1],
        expected=expected,
        tolerance=1e-3 * float(expected.max()),
        kind="functions",
        contenders={
            "fastmel": Contender(lambda: lambda: fastmel.pcen(power)),
            "librosa": Contender(lambda: functools.partial(lib("librosa").pcen, power)),
        },
    )


def power_to_db() -> Case:
    power = _power()
    return Case(
        key="power_to_db",
        title="power_to_db of a mel spectrogram, 128 bands, 60 s, ref=np.max",
        unit="frame",
        units=power.shape[1],
        expected=reference.power_to_db(power, ref=np.max),
        tolerance=0.01,
        kind="functions",
        contenders={
            "fastmel, double": Contender(lambda: lambda: fastmel.power_to_db(power, ref=np.max)),
            "fastmel, single": Contender(
                lambda: lambda: fastmel.power_to_db(power, ref=np.max, precision="single")
            ),
            "librosa": Contender(
                lambda: functools.partial(lib("librosa").power_to_db, power, ref=np.max)
            ),
        },
    )


def _power() -> Array:
    return np.asarray(reference.melspectrogram(y=recording(60, 22050)), np.float32)
