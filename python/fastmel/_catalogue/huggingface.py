"""Front ends of models in Hugging Face transformers, apart from Whisper's and NeMo's."""

from __future__ import annotations

from .._engine.config import MelConfig
from ..steps import (
    AppendSamples,
    CutFramesToMultiple,
    Deltas,
    FloorBelowMaximum,
    PadOrTrim,
    PadOrTrimFrames,
    PadToMultiple,
    RepeatAndPad,
    StackFrames,
)
from .entry import Entry
from .kaldi import UNSCALED

_HF = "huggingface/transformers 5.23.0: models"

# Kaldi's chain of samples in [-1, 1], as torchaudio computes it.
_KALDI = UNSCALED.replace(n_mels=80, energy_floor=1e-10)
# The same of samples in the range of 16 bits.
_KALDI_16 = _KALDI.replace(scale=32768.0)

# Mean and variance of each band over time, and pairs of frames.
_STANDARDISED_PAIRS = _KALDI_16.replace(
    normalize="mean_std",
    normalize_ddof=1,
    normalize_eps=1e-7,
    normalize_eps_to="variance",
    stack=2,
)

_AST = (
    f"{_HF}/audio_spectrogram_transformer/feature_extraction_audio_spectrogram_transformer.py, "
    "ASTFeatureExtractor"
)


def _ast(mean: float, std: float, *, frames: int) -> MelConfig:
    """Return the features of an Audio Spectrogram Transformer, normalised as its data was."""
    gain = 1 / (2 * std)
    return _KALDI.replace(
        window="hann_symmetric",
        n_mels=128,
        shift=mean,
        gain=gain,
        after=(PadOrTrimFrames(frames, mean * gain),),
    )


# transformers' own spectrogram(): centred, reflected, in double precision.
_CENTRED = MelConfig(
    sample_rate=16000,
    n_fft=1024,
    hop_length=256,
    pad_mode="reflect_repeatedly",
    n_mels=80,
    layout="time_mel",
    precision="double",
)

_CLAP = _CENTRED.replace(
    sample_rate=48000,
    hop_length=480,
    n_mels=64,
    fmax=14000.0,
    log="dB",
    log_floor=1e-10,
)

# torchaudio's MelSpectrogram with Whisper's level.
_GRANITE = MelConfig(
    sample_rate=16000,
    n_fft=512,
    hop_length=160,
    win_length=400,
    pad_mode="reflect",
    n_mels=80,
    mel_scale="htk",
    mel_norm=None,
    log="log10",
    log_floor=1e-10,
    shift=4.0,
    gain=0.25,
    layout="time_mel",
    precision="single",
)

HUGGING_FACE: dict[str, Entry] = {
    "seamless-m4t": Entry(
        description="SeamlessM4T's and w2v-BERT 2.0's features: standardised fbanks in pairs",
        config=_STANDARDISED_PAIRS.replace(
            mel_exclude=None,
            log_floor=1.192092955078125e-07,  # the original's digits
            stack_tail=0.0,
            precision="double",
        ),
        source=f"{_HF}/seamless_m4t/feature_extraction_seamless_m4t.py, "
        "SeamlessM4TFeatureExtractor",
        models=("SeamlessM4T", "SeamlessM4T v2", "w2v-BERT 2.0"),
        notes="Needs two frames, 560 samples: one has no variance. An odd last frame is paired "
        "with zeros.",
    ),
    "speech-to-text": Entry(
        description="Speech2Text's features: standardised fbanks, 80 bands",
        config=_KALDI_16.replace(normalize="mean_std"),
        source=f"{_HF}/speech_to_text/feature_extraction_speech_to_text.py, "
        "Speech2TextFeatureExtractor",
        models=("Speech2Text",),
        notes="Without an epsilon: a band that does not change has no value in the original, and "
        "is 0 here.",
    ),
    "ast": Entry(
        description="The Audio Spectrogram Transformer's features: 1024 frames of 128 bands",
        config=_ast(4.2677393, 4.5689974, frames=1024),
        source=_AST,
        models=("AST",),
        notes="Frames that are missing were 0 before the normalisation: 0.467 after it, a loud "
        "value.",
    ),
    "ast-speech-commands": Entry(
        description="The Audio Spectrogram Transformer's features of commands: 128 frames",
        config=_ast(6.845978, 5.5654526, frames=128),
        source=f"{_AST}(max_length=128, mean=-6.845978, std=5.5654526), as in the "
        "configuration of MIT/ast-finetuned-speech-commands-v2",
        models=("AST of Speech Commands",),
        notes="As ast, with the mean and the deviation of Speech Commands.",
    ),
    "phi4-multimodal": Entry(
        description="Phi-4-multimodal's log-mel features, 80 bands",
        config=_KALDI_16.replace(
            window="hamming_symmetric",
            remove_dc_offset=False,
            fmin=0.0,
            fmax=7690.0,
            mel_exclude=None,
            log_floor=1.0,
            precision="double",
        ),
        source=f"{_HF}/phi4_multimodal/feature_extraction_phi4_multimodal.py, "
        "Phi4MultimodalFeatureExtractor",
        models=("Phi-4-multimodal",),
    ),
    "lasr": Entry(
        description="LASR's log-mel features, 128 bands",
        config=_KALDI.replace(
            window="hann_symmetric",
            remove_dc_offset=False,
            preemphasis=0.0,
            n_mels=128,
            fmin=125.0,
            fmax=7500.0,
            mel_exclude="dc",
            log_floor=1e-5,
            precision="double",
        ),
        source=f"{_HF}/lasr/feature_extraction_lasr.py, LasrFeatureExtractor",
        models=("LASR", "MedASR"),
    ),
    "xcodec2": Entry(
        description="X-Codec 2's semantic features: standardised fbanks in pairs",
        config=_STANDARDISED_PAIRS.replace(
            padding=(160, 160), stack_tail=1.0, before=(AppendSamples(1), PadToMultiple(320))
        ),
        source=f"{_HF}/xcodec2/feature_extraction_xcodec2.py, Xcodec2FeatureExtractor",
        models=("X-Codec 2",),
        notes="A zero is appended before the length is rounded up to 320, so a length that is a "
        "multiple already gains 320. The statistics cover the padding.",
    ),
    "neucodec": Entry(
        description="NeuCodec's semantic features: standardised fbanks in pairs",
        config=_STANDARDISED_PAIRS.replace(
            stack_tail=1.0, before=(AppendSamples(1), PadToMultiple(320))
        ),
        source=f"{_HF}/neucodec/feature_extraction_neucodec.py, NeuCodecFeatureExtractor",
        models=("NeuCodec",),
        notes='As "xcodec2", without the zeros at both ends.',
    ),
    "fun-asr-nano": Entry(
        description="Fun-ASR-Nano's features: seven fbank frames joined every six",
        config=_KALDI.replace(
            window="hamming_symmetric", stack=7, stack_stride=6, stack_left=3, stack_tail="edge"
        ),
        source=f"{_HF}/fun_asr_nano/feature_extraction_fun_asr_nano.py, FunAsrNanoFeatureExtractor",
        models=("Fun-ASR-Nano in transformers",),
        notes="Without the factor of 32768 of the project that the model comes from.",
    ),
    "clap": Entry(
        description="CLAP's log-mel features for fused input, 1001 frames of 64 bands",
        config=_CLAP.replace(mel_scale="htk", mel_norm=None, before=(RepeatAndPad(480000),)),
        source=f'{_HF}/clap/feature_extraction_clap.py, ClapFeatureExtractor, truncation="fusion"',
        models=("CLAP, fused",),
        notes="Up to 10 s. The model takes four copies; of a longer clip the whole, "
        "shrunk, and three random pieces.",
    ),
    "clap-rand-trunc": Entry(
        description="CLAP's log-mel features for truncated input, 1001 frames of 64 bands",
        config=_CLAP.replace(before=(RepeatAndPad(480000),)),
        source=f"{_HF}/clap/feature_extraction_clap.py, ClapFeatureExtractor, "
        'truncation="rand_trunc"',
        models=("CLAP, unfused",),
        notes="Up to 10 s. Of a longer clip the model takes 10 s at a random place.",
    ),
    "speecht5": Entry(
        description="SpeechT5's log-mel targets, 80 bands",
        config=_CENTRED.replace(power=1.0, fmin=80.0, fmax=7600.0, log="log10", log_floor=1e-10),
        source=f"{_HF}/speecht5/feature_extraction_speecht5.py, SpeechT5FeatureExtractor, "
        "audio_target",
        models=("SpeechT5",),
    ),
    "univnet": Entry(
        description="UnivNet's log-mel features, 100 bands",
        config=_CENTRED.replace(
            sample_rate=24000,
            padding=(384, 384),
            power=1.0,
            spectrum_offset=1e-9,
            n_mels=100,
            log="ln",
            log_floor=1e-5,
        ),
        source=f"{_HF}/univnet/feature_extraction_univnet.py, UnivNetFeatureExtractor",
        models=("UnivNet",),
        notes="Without do_normalize, which maps [-11.5129, 2.3143] to [-1, 1]. More than 10 s are "
        "cut unless truncation=False.",
    ),
    "clvp": Entry(
        description="CLVP's log-mel features of exactly 6 s, 80 bands",
        config=_CENTRED.replace(
            sample_rate=22050,
            fmax=8000.0,
            mel_scale="htk",
            log="ln",
            log_floor=1e-5,
            layout="mel_time",
            before=(PadOrTrim(132300),),
        ),
        source=f"{_HF}/clvp/feature_extraction_clvp.py, ClvpFeatureExtractor",
        models=("CLVP", "Tortoise TTS"),
        notes="HTK's scale with Slaney's norm. Without mel_norms, by which bands are divided.",
    ),
    "pop2piano": Entry(
        description="Pop2Piano's log-mel features of a segment, 512 bands",
        config=_CENTRED.replace(
            sample_rate=22050,
            n_fft=4096,
            hop_length=1024,
            n_mels=512,
            fmin=10.0,
            mel_scale="htk",
            mel_norm=None,
            log="ln",
            log_floor=1e-6,
        ),
        source=f"{_HF}/pop2piano/feature_extraction_pop2piano.py, "
        "Pop2PianoFeatureExtractor.mel_spectrogram",
        models=("Pop2Piano",),
        notes="Segments are cut at beats, which the original finds with Essentia. Some bands are "
        "narrower than a bin and empty.",
    ),
    "gemma-3n": Entry(
        description="Gemma 3n's log-mel features, 128 bands",
        config=MelConfig(
            sample_rate=16000,
            n_fft=1024,
            hop_length=160,
            win_length=512,
            window_position="left",
            frame_length=513,
            padding="none",
            preemphasis=0.97,
            power=1.0,
            n_mels=128,
            fmin=125.0,
            fmax=7600.0,
            mel_scale="htk",
            mel_norm=None,
            log="ln",
            log_floor=1e-5,
            layout="time_mel",
            precision="double",
            before=(PadToMultiple(128),),
        ),
        source=f"{_HF}/gemma3n/feature_extraction_gemma3n.py, Gemma3nAudioFeatureExtractor",
        models=("Gemma 3n",),
        notes="A frame needs 513 samples, though the window covers 512. The original is single, by "
        "NumPy's transform, which is more accurate than ours in single.",
    ),
    "gemma-4": Entry(
        description="Gemma 4's log-mel features, 128 bands",
        config=MelConfig(
            sample_rate=16000,
            n_fft=512,
            hop_length=160,
            win_length=320,
            window_position="left",
            frame_length=321,
            padding=(160, 0),
            power=1.0,
            n_mels=128,
            fmax=8000.0,
            mel_scale="htk",
            mel_norm=None,
            log="ln",
            log_floor=0.0,
            log_offset=1e-3,
            layout="time_mel",
            precision="double",
        ),
        source=f"{_HF}/gemma4/feature_extraction_gemma4.py, Gemma4AudioFeatureExtractor",
        models=("Gemma 4",),
        notes="The frames that the original's mask keeps: those that reach into its padding to a "
        "multiple of 128 samples are zero there, and are left out here. One band is empty. "
        'Precision as for "gemma-3n".',
    ),
    "granite-speech": Entry(
        description="Granite Speech's log-mel features in pairs, 160 values",
        config=_GRANITE.replace(dynamic_range=8.0, stack=2),
        source=f"{_HF}/granite_speech/feature_extraction_granite_speech.py, "
        "GraniteSpeechFeatureExtractor",
        models=("Granite Speech 3",),
    ),
    "granite-speech-5": Entry(
        description="Granite Speech 5's log-mel features with deltas in pairs, 320 values",
        config=_GRANITE.replace(
            before=(AppendSamples(1, every=320, remainder=160),),
            after=(CutFramesToMultiple(2), FloorBelowMaximum(2.0), Deltas(3), StackFrames(2)),
        ),
        source=f"{_HF}/granite_speech5/feature_extraction_granite_speech5.py, "
        "GraniteSpeech5FeatureExtractor",
        models=("Granite Speech 5",),
        notes="The floor, 8 decades of power below the maximum, is 2 after the affine map.",
    ),
    "inkling": Entry(
        description="Inkling's log-mel features, 80 bands every 50 ms",
        config=MelConfig(
            sample_rate=16000,
            n_fft=1600,
            hop_length=800,
            padding=(800, 0),
            frame_count="ceil",
            power=1.0,
            spectrum_floor=1e-10,
            n_mels=80,
            log="log10",
            log_floor=1e-10,
            layout="time_mel",
            precision="single",
        ),
        source=f"{_HF}/inkling/feature_extraction_inkling.py, InklingFeatureExtractor",
        models=("Inkling",),
    ),
}
