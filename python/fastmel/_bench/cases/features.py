"""Whole front ends: samples to features."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import fastmel
from fastmel import reference

from ..case import Array, Case, Contender, lib, recording
from ..measure import Call

# --- librosa's log-mel ----------------------------------------------------------------------------

_SR, _N_FFT, _HOP, _MELS = 22050, 2048, 512, 128
_SLANEY = {"mel_scale": "slaney", "norm": "slaney"}


def mel(y: Array | None = None) -> Case:
    """Librosa's mel spectrogram, whose error says more than that of its logarithm."""
    y = recording(60, _SR) if y is None else y
    return Case(
        key="mel",
        title="librosa's mel spectrogram, 60 s at 22.05 kHz (2048/512/128)",
        unit="frame",
        units=1 + y.size // _HOP,
        expected=reference.melspectrogram(y=y),
        tolerance=np.inf,
        contenders={
            "fastmel, double": Contender(lambda: functools.partial(fastmel.melspectrogram, y=y)),
            "fastmel, single": Contender(
                lambda: functools.partial(fastmel.melspectrogram, y=y, precision="single")
            ),
            "librosa": Contender(
                lambda: functools.partial(lib("librosa").feature.melspectrogram, y=y)
            ),
            "torch": Contender(lambda: _torch_mel(y)),
            "torchaudio": Contender(lambda: _torchaudio_mel(y)),
        },
    )


def log_mel(y: Array | None = None, top_db: float | None = 80.0) -> Case:
    """Librosa's log-mel below the maximum; without `top_db`, on its own scale and to the floor."""
    y = recording(60, _SR) if y is None else y
    ref: Any = 1.0 if top_db is None else np.max
    options: dict[str, Any] = {"y": y, "ref": ref, "top_db": top_db}

    def librosa() -> Call:
        feature, power_to_db = lib("librosa").feature, lib("librosa").power_to_db
        return lambda: power_to_db(feature.melspectrogram(y=y), ref=ref, top_db=top_db)

    def torch() -> Call:
        power = _torch_mel(y)

        def call() -> Any:
            db = power().clamp_(min=1e-10).log10_().mul_(10)
            return db if top_db is None else db.sub_(db.max()).clamp_(min=-top_db)

        return call

    def torchaudio() -> Call:
        power = _torchaudio_mel(y)
        to_db = lib("torchaudio.transforms").AmplitudeToDB("power", top_db=top_db)
        return lambda: to_db(power())

    def audioflux() -> Call:
        flux, types = lib("audioflux"), lib("audioflux.type")
        bands = flux.BFT(
            _MELS, radix2_exp=11, samplate=_SR, low_fre=0.0, high_fre=_SR / 2, slide_length=_HOP,
            scale_type=types.SpectralFilterBankScaleType.MEL,
            data_type=types.SpectralDataType.POWER,
        )  # fmt: skip

        def call() -> Any:
            power = bands.bft(np.pad(y, _N_FFT // 2), result_type=1)
            return flux.utils.power_to_db(power)

        return call

    contenders = {
        "fastmel, double": Contender(lambda: lambda: fastmel.log_melspectrogram(**options)),
        "fastmel, single": Contender(
            lambda: lambda: fastmel.log_melspectrogram(**options, precision="single")
        ),
        "librosa": Contender(librosa),
        "torch": Contender(
            torch, note="the power as re² + im², three times as fast as abs()² here"
        ),
        "torchaudio": Contender(torchaudio, view=_below_max if top_db else np.asarray),
    }
    if top_db:
        htk = reference.log_melspectrogram(**options, htk=True, norm=None)
        note = "HTK bands without norm, all that it has"
        contenders["audioFlux"] = Contender(audioflux, expected=htk, note=note)
    contenders["NumPy (fastmel.reference)"] = Contender(
        lambda: lambda: reference.log_melspectrogram(**options), alone=True
    )
    return Case(
        key="log_mel",
        title="librosa's log-mel in dB, 60 s at 22.05 kHz (2048/512/128, ref=np.max)",
        unit="frame",
        units=1 + y.size // _HOP,
        expected=reference.log_melspectrogram(**options),
        tolerance=0.1 if top_db else np.inf,
        contenders=contenders,
    )


def _below_max(db: Any) -> Array:
    found = np.asarray(db)
    return np.asarray(found - found.max())


def _torch_mel(y: Array) -> Callable[[], Any]:
    torch = lib("torch")
    samples, window = torch.from_numpy(y), torch.hann_window(_N_FFT)
    filters = torch.from_numpy(fastmel.mel_filterbank(sr=_SR, n_fft=_N_FFT, n_mels=_MELS))
    options = {"window": window, "pad_mode": "constant", "return_complex": True}

    def call() -> Any:
        spectrum = torch.stft(samples, _N_FFT, _HOP, **options)
        return filters @ (spectrum.real.square() + spectrum.imag.square())

    return call


def _torchaudio_mel(y: Array) -> Callable[[], Any]:
    transform = lib("torchaudio.transforms").MelSpectrogram(
        _SR, _N_FFT, hop_length=_HOP, n_mels=_MELS, pad_mode="constant", **_SLANEY
    )
    return functools.partial(transform, lib("torch").from_numpy(y))


def mfcc() -> Case:
    y = recording(60, _SR)
    expected = reference.mfcc(y=y)

    def torchaudio() -> Call:
        stages = {"n_fft": _N_FFT, "hop_length": _HOP, "n_mels": _MELS, "pad_mode": "constant"}
        transform = lib("torchaudio.transforms").MFCC(_SR, 20, melkwargs=stages | _SLANEY)
        return functools.partial(transform, lib("torch").from_numpy(y))

    return Case(
        key="mfcc",
        title="MFCC, 60 s at 22.05 kHz (2048/512/128, 20 coefficients)",
        unit="frame",
        units=expected.shape[1],
        expected=expected,
        tolerance=0.5,
        contenders={
            "fastmel, double": Contender(lambda: lambda: fastmel.mfcc(y=y)),
            "fastmel, single": Contender(lambda: lambda: fastmel.mfcc(y=y, precision="single")),
            "librosa": Contender(lambda: functools.partial(lib("librosa").feature.mfcc, y=y)),
            "torchaudio": Contender(torchaudio),
        },
    )


# --- Whisper --------------------------------------------------------------------------------------


def whisper_by_torchaudio() -> Callable[[Any], Any]:
    torch = lib("torch")
    mel = lib("torchaudio.transforms").MelSpectrogram(
        16000, 400, hop_length=160, n_mels=80, **_SLANEY
    )

    def features(y: Any) -> Any:
        log = mel(torch.as_tensor(y))[..., :-1].clamp(min=1e-10).log10()
        return (torch.maximum(log, log.amax((-2, -1), keepdim=True) - 8) + 4) / 4

    return features


def whisper_by_librosa() -> Callable[[Any], Any]:
    melspectrogram = lib("librosa").feature.melspectrogram
    options = {"sr": 16000, "n_fft": 400, "hop_length": 160, "n_mels": 80, "pad_mode": "reflect"}

    def features(y: Array) -> Array:
        log = np.log10(np.maximum(melspectrogram(y=y, **options)[..., :-1], 1e-10))
        return np.asarray((np.maximum(log, log.max((-2, -1), keepdims=True) - 8) + 4) / 4)

    return features


def whisper_by_transformers() -> Callable[[Any], Any]:
    return functools.partial(
        lib("transformers").WhisperFeatureExtractor(), sampling_rate=16000, padding="do_not_pad",
        truncation=False, return_tensors="np",
    )  # fmt: skip


def _openai_whisper(y: Array) -> Call:
    log_mel_spectrogram = lib("whisper").log_mel_spectrogram
    return functools.partial(log_mel_spectrogram, lib("torch").from_numpy(y))


def _asrfront(y: Array) -> Call:
    return functools.partial(lib("asrfront").whisper.log_mel, y, pad_or_trim=False)


def whisper(y: Array | None = None) -> Case:
    y = recording(30, 16000) if y is None else y

    def faster_whisper() -> Call:
        extract = lib("faster_whisper.feature_extractor").FeatureExtractor()
        return functools.partial(extract, y, padding=0)

    return Case(
        key="whisper",
        title="Whisper's log-mel, 30 s at 16 kHz (400/160/80)",
        unit="frame",
        units=y.size // 160,
        expected=reference.whisper_log_mel(y),
        tolerance=1e-3,
        contenders={
            "fastmel": Contender(lambda: functools.partial(fastmel.frontend("whisper"), y)),
            "asrfront": Contender(lambda: _asrfront(y)),
            "openai-whisper": Contender(lambda: _openai_whisper(y)),
            "faster-whisper": Contender(faster_whisper, note="without its extra 10 ms of padding"),
            "transformers": Contender(
                lambda: functools.partial(whisper_by_transformers(), y),
                view=lambda result: result["input_features"][0],
            ),
        },
    )


def one_second() -> Case:
    """Little to compute: what a call costs from Python."""
    y = recording(1, 16000)
    features = fastmel.frontend("whisper")
    out = features(y)
    return Case(
        key="one_second",
        title="Whisper's log-mel, one second (400/160/80)",
        unit="call",
        units=1,
        expected=reference.whisper_log_mel(y),
        tolerance=1e-3,
        kind="short",
        contenders={
            "fastmel": Contender(lambda: lambda: features(y)),
            "fastmel, out=": Contender(lambda: lambda: features(y, out=out)),
            "asrfront": Contender(lambda: _asrfront(y)),
            "openai-whisper": Contender(lambda: _openai_whisper(y)),
            "torchaudio": Contender(
                lambda: functools.partial(whisper_by_torchaudio(), lib("torch").from_numpy(y))
            ),
            "librosa": Contender(lambda: functools.partial(whisper_by_librosa(), y)),
        },
    )


# --- Kaldi, vocoders ------------------------------------------------------------------------------


def kaldi() -> Case:
    y = recording(30, 16000)
    config = fastmel.frontend("wespeaker").config.replace(normalize=None)

    def torchaudio() -> Call:
        samples = lib("torch").from_numpy(y * 32768)[np.newaxis]
        options = {"num_mel_bins": 80, "window_type": "hamming", "energy_floor": 0}
        return functools.partial(lib("torchaudio.compliance.kaldi").fbank, samples, **options)

    def kaldi_native_fbank() -> Call:
        knf = lib("kaldi_native_fbank")
        options = knf.FbankOptions()
        options.frame_opts.dither = 0
        options.frame_opts.window_type = "hamming"
        options.mel_opts.num_bins = 80
        samples = y * 32768

        def extract() -> Array:
            online = knf.OnlineFbank(options)
            online.accept_waveform(16000, samples)
            online.input_finished()
            return np.stack([online.get_frame(i) for i in range(online.num_frames_ready)])

        return extract

    return Case(
        key="kaldi",
        title="Kaldi's filterbank, 30 s at 16 kHz (400 in 512/160/80, Hamming)",
        unit="frame",
        units=config.num_frames(y.size),
        expected=reference.frontend(y, config),
        tolerance=0.05,
        contenders={
            "fastmel": Contender(lambda: functools.partial(fastmel.frontend(config), y)),
            "asrfront": Contender(
                lambda: functools.partial(lib("asrfront").sensevoice.fbank_raw, y)
            ),
            "torchaudio": Contender(torchaudio),
            "kaldi-native-fbank": Contender(
                kaldi_native_fbank, note="one frame at a time: it has no other way"
            ),
        },
    )


def vocoder() -> Case:
    """HiFi-GAN's mel spectrogram beside the same work of librosa's."""
    sr, n_fft, hop = 22050, 1024, 256
    y = recording(60, sr)
    padded = np.pad(y, (n_fft - hop) // 2, mode="reflect")
    config = fastmel.frontend("hifi-gan").config

    def librosa() -> Call:
        options = {"sr": sr, "n_fft": n_fft, "hop_length": hop, "n_mels": 80, "fmax": 8000}
        magnitude = functools.partial(
            lib("librosa").feature.melspectrogram, y=padded, center=False, power=1, **options
        )
        return lambda: np.log(np.maximum(magnitude(), 1e-5))

    def torch() -> Call:
        module = lib("torch")
        samples, window = module.from_numpy(y)[np.newaxis], module.hann_window(n_fft)
        filters = fastmel.mel_filterbank(sr=sr, n_fft=n_fft, n_mels=80, fmax=8000)
        weights, sides = module.from_numpy(filters), ((n_fft - hop) // 2,) * 2
        options = {"window": window, "center": False, "return_complex": True}

        def extract() -> Any:
            padded = module.nn.functional.pad(samples, sides, mode="reflect")
            X = module.stft(padded, n_fft, hop, **options)
            magnitude = module.sqrt(X.real**2 + X.imag**2 + 1e-9)
            return module.log(module.clamp(weights @ magnitude, min=1e-5))[0]

        return extract

    return Case(
        key="vocoder",
        title="A vocoder's mel, 60 s at 22.05 kHz (1024/256/80, magnitudes, ln)",
        unit="frame",
        units=config.num_frames(y.size),
        expected=reference.frontend(y, config),
        tolerance=0.05,
        contenders={
            "fastmel": Contender(lambda: functools.partial(fastmel.frontend("hifi-gan"), y)),
            "librosa": Contender(librosa, note="without the offset under the root"),
            "torch": Contender(torch, note="HiFi-GAN's own formula"),
        },
    )
