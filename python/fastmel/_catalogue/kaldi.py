"""Kaldi's features, and the front ends that are Kaldi's with other settings.

They differ in little, and in what matters: the range of the samples (of 16-bit numbers, or [-1, 1],
where the floor of the logarithm cuts quiet audio), the window, the upper end of the bands, what
becomes of the ends of the signal, and how the result is normalised. Dither, which makes an
original's features differ from call to call, is 0 in all rows; ``config.replace(dither=1.0)`` adds
what Kaldi's own programs add by default.
"""

from __future__ import annotations

from .._engine.config import MelConfig
from ..steps import PadOrTrimFrames
from .entry import Entry

_EPSILON = 2.0**-23  # of float32, the least value of a logarithm

# Samples in the range that they come in, as libraries take them.
UNSCALED = MelConfig(
    sample_rate=16000,
    n_fft=512,
    hop_length=160,
    win_length=400,
    window="povey",
    window_position="left",
    padding="none",
    remove_dc_offset=True,
    preemphasis=0.97,
    n_mels=23,
    fmin=20.0,
    mel_scale="kaldi",
    mel_norm=None,
    mel_shape="mel",
    mel_exclude="nyquist",
    energy_floor=_EPSILON,
    log="ln",
    log_floor=_EPSILON,
    layout="time_mel",
    precision="single",
)
# Samples in the range of 16-bit numbers, as Kaldi reads them from a file.
_SCALED = UNSCALED.replace(scale=32768.0)
# Frames around every multiple of the hop, mirrored at the ends: snip_edges=false.
_MIRRORED = {"padding": (120, 0), "pad_mode": "symmetric", "frame_count": "round"}
_MFCC = {"n_mfcc": 13, "lifter": 22.0}

_FUNASR = _SCALED.replace(window="hamming_symmetric", n_mels=80, stack_tail="edge")
_SPEAKER = _SCALED.replace(window="hamming_symmetric", n_mels=80, normalize="mean")

# AudioSet's mean and deviation, which AST and AudioMAE subtract and divide by twice.
_AUDIOSET_MEAN, _AUDIOSET_STD = -4.2677393, 4.5689974
_AUDIOSET = UNSCALED.replace(
    window="hann_symmetric",
    n_mels=128,
    shift=-_AUDIOSET_MEAN,
    gain=0.5 / _AUDIOSET_STD,
)
# Frames are padded with zeros before that.
_AUDIOSET_PADDING = PadOrTrimFrames(1024, -_AUDIOSET_MEAN * 0.5 / _AUDIOSET_STD)

_TORCHAUDIO = "pytorch/audio 2.11.0: src/torchaudio/compliance/kaldi.py"
_KNF = "csukuangfj/kaldi-native-fbank 1.22.5: kaldi-native-fbank/csrc"

KALDI: dict[str, Entry] = {
    "kaldi-fbank": Entry(
        description="Kaldi's log mel filter bank, 23 bands",
        config=_SCALED,
        source="kaldi-asr/kaldi f40076610: src/feat/feature-fbank.cc (compute-fbank-feats)",
        notes="Kaldi's own transform rounds more: its published numbers differ from all others, "
        "in bands with little energy by up to 0.03.",
    ),
    "kaldi-mfcc": Entry(
        description="Kaldi's 13 cepstral coefficients, the first one the log energy",
        config=_SCALED.replace(use_energy=True, **_MFCC),
        source="kaldi-asr/kaldi f40076610: src/feat/feature-mfcc.cc (compute-mfcc-feats)",
        models=("Kaldi's GMM recipes",),
    ),
    "kaldi-mfcc-hires": Entry(
        description="Kaldi's 40 cepstral coefficients of neural-network recipes",
        config=_SCALED.replace(n_mels=40, fmin=20.0, fmax=7600.0, n_mfcc=40, lifter=22.0),
        source="kaldi-asr/kaldi f40076610: src/feat/feature-mfcc.cc, "
        "egs/librispeech/s5/conf/mfcc_hires.conf",
        models=("Kaldi's chain models", "Vosk"),
        notes="At 16 kHz, where high-freq=-400 is 7600 Hz.",
    ),
    "kaldi-xvector": Entry(
        description="Kaldi's input of x-vectors, 30 cepstra less their means over 3 s",
        config=_SCALED.replace(
            n_mels=30,
            fmax=7600.0,
            use_energy=True,
            n_mfcc=30,
            lifter=22.0,
            normalize="mean",
            normalize_window=(150, 149),
            normalize_min_window=300,
            **_MIRRORED,
        ),
        source="kaldi-asr/kaldi 4aa206c: egs/voxceleb/v2/conf/mfcc.conf; "
        "egs/sre08/v1/sid/nnet3/xvector/extract_xvectors.sh (apply-cmvn-sliding)",
        models=("Kaldi's x-vectors of VoxCeleb",),
        notes="Frames without speech, by a decision on their energies, are left out after that.",
    ),
    "kaldi-spectrogram": Entry(
        description="Kaldi's log power spectrum, bin 0 the log energy",
        config=_SCALED.replace(n_mels=None, use_energy=True),
        source="kaldi-asr/kaldi f40076610: src/feat/feature-spectrogram.cc "
        "(compute-spectrogram-feats)",
    ),
    "torchaudio-kaldi-fbank": Entry(
        description="torchaudio's Kaldi filter bank, 23 bands, samples as they are",
        config=UNSCALED,
        source=f"{_TORCHAUDIO}, fbank",
        notes="float64 input gives float64 features there; here with precision='double', as "
        "fastmel.kaldi.fbank does.",
    ),
    "torchaudio-kaldi-mfcc": Entry(
        description="torchaudio's Kaldi cepstra, 13 coefficients, samples as they are",
        config=UNSCALED.replace(**_MFCC),
        source=f"{_TORCHAUDIO}, mfcc",
        notes="use_energy is False by default, unlike in Kaldi.",
    ),
    "torchaudio-kaldi-spectrogram": Entry(
        description="torchaudio's Kaldi spectrogram, bin 0 the log energy, samples as they are",
        config=UNSCALED.replace(n_mels=None, use_energy=True, energy_floor=1.0),
        source=f"{_TORCHAUDIO}, spectrogram",
        notes="energy_floor is 1 by default, unlike in Kaldi: with samples in [-1, 1] bin 0 is 0 "
        "in all but loud frames.",
    ),
    "kaldi-native-fbank": Entry(
        description="kaldi-native-fbank's filter bank, 23 bands, samples as they are",
        config=UNSCALED,
        source=f"{_KNF}/feature-fbank.cc, OnlineFbank",
        notes="Its dither is 3e-5 by default, for samples in [-1, 1].",
    ),
    "kaldi-native-mfcc": Entry(
        description="kaldi-native-fbank's 13 cepstral coefficients, the first one the log energy",
        config=UNSCALED.replace(use_energy=True, **_MFCC),
        source=f"{_KNF}/feature-mfcc.cc, OnlineMfcc",
    ),
    "lhotse-fbank": Entry(
        description="Lhotse's filter bank, 80 bands up to 7600 Hz, mirrored ends, [-1, 1]",
        config=UNSCALED.replace(n_mels=80, fmax=7600.0, **_MIRRORED),
        source="lhotse-speech/lhotse 1.33.0: lhotse/features/kaldi/extractors.py, Fbank",
        models=("icefall's Zipformer and its other recipes",),
    ),
    "sherpa-onnx": Entry(
        description="sherpa-onnx's filter bank, 80 bands up to 7600 Hz, mirrored ends, [-1, 1]",
        config=UNSCALED.replace(n_mels=80, fmax=7600.0, **_MIRRORED),
        source="k2-fsa/sherpa-onnx: sherpa-onnx/csrc/features.h, FeatureExtractorConfig",
        models=("Zipformer transducers", "Zipformer CTC"),
        notes="high_freq=-400. Models that do not normalise samples take scale=32768.",
    ),
    "wenet": Entry(
        description="WeNet's filter bank, 80 bands",
        config=_SCALED.replace(n_mels=80),
        source="wenet-e2e/wenet 01546996: wenet/dataset/processor.py, compute_fbank",
        models=("WeNet's Conformer and U2++",),
        notes="Global mean and variance belong to the model. 80 bands are those of its recipes.",
    ),
    "wespeaker": Entry(
        description="WeSpeaker's filter bank, 80 bands less their means over time",
        config=_SPEAKER,
        source="wenet-e2e/wespeaker dfa7419: wespeaker/dataset/processor.py, "
        "compute_fbank and apply_cmvn",
        models=("WeSpeaker's ResNets, ECAPA-TDNN and CAM++",),
        notes="norm_var=True divides by the deviation besides: normalize='mean_std', "
        "normalize_ddof=1, normalize_eps=1e-8, normalize_eps_to='variance'.",
    ),
    "pyannote-wespeaker": Entry(
        description="pyannote's filter bank for speaker embeddings, less the means over time",
        config=_SPEAKER,
        source="pyannote/pyannote-audio b749285c: "
        "src/pyannote/audio/models/embedding/wespeaker/__init__.py, compute_fbank",
        models=("pyannote/wespeaker-voxceleb-resnet34-LM",),
        notes="fbank_centering_span, which is not set by default, subtracts a moving average: "
        "normalize_window=(k, k) for a span of 2 k or 2 k + 1 frames.",
    ),
    "funasr": Entry(
        description="FunASR's filter bank, 80 bands, 7 frames joined every 6, not normalised",
        config=_FUNASR.replace(stack=7, stack_stride=6, stack_left=3),
        source="modelscope/FunASR 1.4.16: funasr/frontends/wav_frontend.py, WavFrontend",
        models=("Paraformer", "SenseVoice"),
        notes="fastmel.kaldi.wav_frontend adds the am.mvn of a model. Its dither is 1 unless the "
        "model's configuration says otherwise. Audio shorter than 25 ms is one short frame there, "
        "and refused here.",
    ),
    "fsmn-vad": Entry(
        description="FSMN-VAD's filter bank, 80 bands, 5 frames joined at every frame",
        config=_FUNASR.replace(stack=5, stack_stride=1, stack_left=2),
        source="modelscope/FunASR 1.4.16: funasr/frontends/wav_frontend.py, WavFrontend",
        models=("FSMN-VAD",),
        notes="As funasr.",
    ),
    "cosyvoice-speaker": Entry(
        description="CosyVoice's input of the speaker encoder, 80 bands less their means, [-1, 1]",
        config=UNSCALED.replace(n_mels=80, normalize="mean"),
        source="FunAudioLLM/CosyVoice ace7c47: cosyvoice/cli/frontend.py, _extract_spk_embedding",
        models=("CosyVoice", "CosyVoice 2", "CosyVoice 3"),
        notes="Samples are not scaled, although the encoder, CAM++, is of the WeSpeaker family.",
    ),
    "ast-original": Entry(
        description="The Audio Spectrogram Transformer's own features, 1024 frames of 128 bands",
        config=_AUDIOSET.replace(after=(_AUDIOSET_PADDING,)),
        source="YuanGongND/ast 31088be: src/dataloader.py, AudiosetDataset",
        models=("AST", "SSAST"),
        notes="It subtracts the mean of the waveform, which changes nothing: that of each frame is "
        "subtracted later. Frames are padded with zeros before the normalisation. Other data sets "
        "have other lengths, means and deviations. htk_compat has no effect without the energy.",
    ),
    "audiomae": Entry(
        description="AudioMAE's features, 1024 frames of 128 bands",
        config=_AUDIOSET.replace(after=(_AUDIOSET_PADDING,)),
        source="facebookresearch/AudioMAE bd60e29: dataset.py, AudiosetDataset",
        models=("AudioMAE",),
        notes="As ast-original.",
    ),
    "beats": Entry(
        description="BEATs' features, 128 bands",
        config=_SCALED.replace(n_mels=128, shift=-15.41663, gain=0.5 / 6.55582),
        source="microsoft/unilm 768a3c8: beats/BEATs.py, preprocess",
        models=("BEATs", "BEATs fine-tuned on AudioSet"),
    ),
    "fairseq2-fbank": Entry(
        description="fairseq2's filter bank, 80 bands standardised over time",
        config=_SCALED.replace(n_mels=80, normalize="mean_std", normalize_ddof=1),
        source="facebookresearch/fairseq2 449451b: "
        "native/src/fairseq2n/data/audio/waveform_to_fbank_converter.cc",
        models=("SeamlessM4T (original)", "w2v-BERT 2 (original)"),
        notes="With waveform_scale=2**15 and standardize=True, as Seamless calls it. Nothing is "
        "added to the deviation: bands that do not vary become NaN there, and 0 here.",
    ),
}
