"""Front ends of general audio libraries, with the defaults of each library."""

from __future__ import annotations

from .._engine.config import MelConfig
from .entry import Entry

_LIBROSA = MelConfig()

_TORCHAUDIO = MelConfig(
    sample_rate=16000,
    n_fft=400,
    hop_length=200,
    pad_mode="reflect",
    n_mels=128,
    mel_scale="htk",
    mel_norm=None,
    precision="single",
)

_TENSORFLOW = MelConfig(
    sample_rate=16000,
    n_fft=1024,
    hop_length=256,
    padding="none",
    power=1.0,
    n_mels=80,
    fmin=80.0,
    fmax=7600.0,
    mel_scale="kaldi",
    mel_shape="mel",
    mel_norm=None,
    mel_exclude="dc",
    log="ln",
    log_floor=0.0,
    log_offset=1e-6,
    layout="time_mel",
    precision="single",
)

_PYTHON_SPEECH_FEATURES = MelConfig(
    sample_rate=16000,
    n_fft=512,
    win_length=400,
    hop_length=160,
    window="boxcar",
    window_position="left",
    padding="none",
    frame_count="tail",
    scale=32768.0,
    preemphasis=0.97,
    preemphasis_scope="signal",
    n_mels=26,
    mel_scale="htk",
    mel_shape="bins",
    mel_norm=None,
    mel_gain=1 / 512,
    energy_floor=2.220446049250313e-16,
    log="ln",
    log_floor=2.220446049250313e-16,
    layout="time_mel",
    dtype="float64",
)

# Its transform is a convolution, whose sums are closer than those of a transform in single.
_TORCHLIBROSA = MelConfig(
    pad_mode="reflect",
    n_mels=64,
    log="dB",
    dynamic_range=80.0,
    peak="batch",
    layout="time_mel",
)

# Essentia scales the window to the sum 2; a symmetric Hann window has half of its length less 1.
_ESSENTIA = MelConfig(
    sample_rate=44100,
    n_fft=2048,
    hop_length=1024,
    window="hann_symmetric",
    frame_count="tail",
    scale=2 / ((2048 - 1) / 2),
    n_mels=24,
    mel_scale="htk",
    mel_shape="mel",
    mel_norm="sum",
    layout="time_mel",
    precision="single",
)

GENERAL: dict[str, Entry] = {
    "librosa": Entry(
        description="librosa's mel spectrogram in dB below its maximum, 128 bands",
        config=_LIBROSA.replace(log="dB", ref="max", dynamic_range=80.0),
        source="librosa 0.11 and 1.0: feature/spectral.py, melspectrogram; core/spectrum.py, "
        "power_to_db(ref=np.max)",
    ),
    "librosa-mel": Entry(
        description="librosa's mel spectrogram without a logarithm, 128 bands",
        config=_LIBROSA,
        source="librosa 0.11 and 1.0: feature/spectral.py, melspectrogram",
    ),
    "librosa-mfcc": Entry(
        description="librosa's 20 MFCC",
        config=_LIBROSA.replace(log="dB", dynamic_range=80.0, n_mfcc=20),
        source="librosa 0.11 and 1.0: feature/spectral.py, mfcc",
    ),
    "torchaudio": Entry(
        description="torchaudio's mel spectrogram, 128 bands",
        config=_TORCHAUDIO,
        source="torchaudio 2.11: transforms/_transforms.py, MelSpectrogram",
    ),
    "torchaudio-db": Entry(
        description="torchaudio's mel spectrogram in dB, 128 bands",
        config=_TORCHAUDIO.replace(log="dB"),
        source="torchaudio 2.11: transforms/_transforms.py, MelSpectrogram and AmplitudeToDB",
        notes="AmplitudeToDB takes a batch of mono signals for one item; with its top_db unset, as "
        "here, that makes no difference.",
    ),
    "torchaudio-mfcc": Entry(
        description="torchaudio's 40 MFCC",
        config=_TORCHAUDIO.replace(log="dB", dynamic_range=80.0, peak="batch", n_mfcc=40),
        source="torchaudio 2.11: transforms/_transforms.py, MFCC",
    ),
    "torchaudio-rnnt": Entry(
        description="Input of torchaudio's RNN-T pipelines before normalization, 80 bands",
        config=_TORCHAUDIO.replace(
            hop_length=160,
            n_mels=80,
            mel_gain=32767.0**2,
            log="ln_above_e",
            layout="time_mel",
        ),
        source="torchaudio 2.11: pipelines/rnnt_pipeline.py, _piecewise_linear_log",
        models=("Emformer RNN-T",),
        notes="A pipeline then subtracts the means of its own statistics file and appends 4 "
        "frames of zeros.",
    ),
    "tf-signal": Entry(
        description="tf.signal's log-mel spectrogram as its documentation composes it, 80 bands",
        config=_TENSORFLOW,
        source="TensorFlow 2.21: python/ops/signal, stft, linear_to_mel_weight_matrix; the "
        "example of mfccs_from_log_mel_spectrograms",
    ),
    "tf-signal-mfcc": Entry(
        description="tf.signal's 13 MFCC as its documentation composes them",
        config=_TENSORFLOW.replace(n_mfcc=13, mfcc_norm="htk", precision="double"),
        source="TensorFlow 2.21: python/ops/signal/mfcc_ops.py, mfccs_from_log_mel_spectrograms",
    ),
    "python-speech-features": Entry(
        description="python_speech_features' log filterbank energies, 26 bands",
        config=_PYTHON_SPEECH_FEATURES,
        source="python_speech_features 0.6: base.py, logfbank",
        notes="For samples of 16 bits, as its documentation reads them: of fractions of 1 it makes "
        "values that are less by ln(2**30). It replaces a band of exactly 0 by 2.2e-16; here that "
        "is the least value of any band.",
    ),
    "python-speech-features-fbank": Entry(
        description="python_speech_features' filterbank energies, 26 bands",
        config=_PYTHON_SPEECH_FEATURES.replace(log="none", log_floor=1e-10),
        source="python_speech_features 0.6: base.py, fbank",
    ),
    "python-speech-features-mfcc": Entry(
        description="python_speech_features' 13 MFCC, the first of which is the log energy",
        config=_PYTHON_SPEECH_FEATURES.replace(
            n_mfcc=13, lifter=22.0, use_energy=True, energy_of="spectrum"
        ),
        source="python_speech_features 0.6: base.py, mfcc",
        notes="For samples of 16 bits. The length of the transform is 512, as in release 0.6.",
    ),
    "torchlibrosa": Entry(
        description="torchlibrosa's log-mel spectrogram, 64 bands",
        config=_TORCHLIBROSA,
        source="torchlibrosa 0.1.0: stft.py, Spectrogram and LogmelFilterBank",
        notes="The dynamic range of 80 dB refers to the maximum of the whole batch.",
    ),
    "nnaudio": Entry(
        description="nnAudio's mel spectrogram, 128 bands",
        config=MelConfig(pad_mode="reflect", precision="single"),
        source="nnAudio 0.3.4: features/mel.py, MelSpectrogram",
    ),
    "essentia-melbands": Entry(
        description="Essentia's MelBands with FrameCutter, Windowing and Spectrum, 24 bands",
        config=_ESSENTIA,
        source="Essentia 2.1b6: src/algorithms/spectral/melbands.cpp, triangularbands.cpp",
        notes="Frames of 2048 samples, every 1024. FrameCutter's streaming variant puts noise "
        "into silent frames; the standard one, which is followed, does not.",
    ),
    "lhotse-librosa": Entry(
        description="lhotse's LibrosaFbank for speech synthesis, 80 bands",
        config=MelConfig(
            sample_rate=22050,
            n_fft=1024,
            hop_length=256,
            pad_mode="reflect",
            frame_count="round",
            power=1.0,
            n_mels=80,
            fmin=80.0,
            fmax=7600.0,
            log="log10",
            log_floor=1e-10,
            layout="time_mel",
        ),
        source="lhotse 1.33: features/librosa_fbank.py, LibrosaFbank",
        models=("ParallelWaveGAN",),
    ),
}
