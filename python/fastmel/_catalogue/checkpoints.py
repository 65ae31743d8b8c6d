"""Rows by what people type: names of checkpoints on model hubs.

What each checkpoint computes stands in its own preprocessor configuration, or in the project of its
row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

# What the extractors of these checkpoints compute, padding included: patterns of whole names in
# lower case, where * is any characters, and ? one. Of rows that fit, the first counts.
_ROWS = {
    "faster-whisper-large-v3": "distil-whisper/distil-large-v3*-ct2 "
    "systran/faster-whisper-large-v3* systran/faster-distil-whisper-large-v3* "
    "mobiuslabsgmbh/faster-whisper-large-v3* mobiuslabsgmbh/faster-distil-whisper-large-v3*",
    "faster-whisper": "systran/faster-whisper-?* systran/faster-distil-whisper-?*",
    "whisper-large-v3-hf": "openai/whisper-large-v3* distil-whisper/distil-large-v3*",
    "whisper-hf": "openai/whisper-?* distil-whisper/?*",
    "qwen2-audio": "qwen/qwen2-audio-?* qwen/qwen2.5-omni-?*",
    "qwen3-omni": "qwen/qwen3-omni-?*",
    "qwen3-asr": "qwen/qwen3-asr-?*",
    "voxtral-realtime": "mistralai/voxtral-?*-realtime-?*",
    "voxtral": "mistralai/voxtral-mini-3b-?* mistralai/voxtral-small-24b-?*",
    "audio-flamingo-3": "nvidia/audio-flamingo-3 nvidia/audio-flamingo-3-hf",
    "seamless-m4t": "facebook/seamless-m4t-?* facebook/hf-seamless-m4t-?* facebook/w2v-bert-2.0",
    "speech-to-text": "facebook/s2t-small-?* facebook/s2t-medium-?* facebook/s2t-large-?*",
    "vits-linear": "facebook/mms-tts facebook/mms-tts-?*",
    "ast": "mit/ast-finetuned-audioset-?*",
    "ast-speech-commands": "mit/ast-finetuned-speech-commands-?*",
    "phi4-multimodal": "microsoft/phi-4-multimodal-?*",
    "speecht5": "microsoft/speecht5_tts microsoft/speecht5_vc microsoft/speecht5_hifigan",
    "clap": "laion/clap-htsat-fused",
    "clap-rand-trunc": "laion/clap-htsat-unfused laion/larger_clap_?*",
    "gemma-3n": "google/gemma-3n-?*",
    "granite-speech": "ibm-granite/granite-speech-3.?*",
    "nemo": "nvidia/stt_?*_quartznet?*",
    "nemo-canary": "nvidia/canary-?* nvidia/parakeet-tdt-0.6b-v2 nvidia/parakeet-tdt-0.6b-v3",
    "nemo-fastconformer": "nvidia/parakeet-ctc-?* nvidia/parakeet-rnnt-?* "
    "nvidia/stt_?*_fastconformer?*",
    "bigvgan-22khz-80band": "nvidia/bigvgan_v2_22khz_80band_fmax8k_256x "
    "nvidia/bigvgan_22khz_80band nvidia/bigvgan_base_22khz_80band",
    "bigvgan-24khz-100band": "nvidia/bigvgan_v2_24khz_100band_256x "
    "nvidia/bigvgan_24khz_100band nvidia/bigvgan_base_24khz_100band",
    "bigvgan-v2-22khz-80band": "nvidia/bigvgan_v2_22khz_80band_256x",
    "bigvgan-v2-44khz-128band-256x": "nvidia/bigvgan_v2_44khz_128band_256x",
    "bigvgan-v2-44khz-128band-512x": "nvidia/bigvgan_v2_44khz_128band_512x",
    "": "speechbrain/spkrec-ecapa-*mel-spec*",  # other features, which are no row
    "speechbrain-80": "speechbrain/spkrec-ecapa-?*",
    "pyannote-wespeaker": "pyannote/wespeaker-?*",
    "vocos": "charactr/vocos-mel-24khz",
    "f5-tts": "swivid/f5-tts swivid/e2-tts",
    "styletts2": "yl4579/styletts2* hexgrad/kokoro-?*",
    "funasr": "funasr/paraformer-?* funaudiollm/sensevoice*",
    "pop2piano": "sweetcocoa/pop2piano",
    "vggish": "google/vggish",
    "yamnet": "google/yamnet",
}

# Models that begin with convolutions over the samples. (Wav2Vec2-BERT begins with mel bands.)
_RAW = (
    r"(.*[/_-])?(wav2vec2(?!-bert)|wav2vec|(distil)?hubert|wavlm|unispeech|data2vec-audio|sew|"
    r"moonshine|speecht5_asr|encodec|dac|mimi|snac|musicgen|mms-(1b|300m|lid))(?![a-z0-9]).*"
)


def row_of(name: str) -> str | None:
    """Return the name of the row that a checkpoint's features are, or None.

    Examples
    --------
    >>> row_of("openai/whisper-small"), row_of("nvidia/bigvgan_v2_44khz_128band_512x")
    ('whisper-hf', 'bigvgan-v2-44khz-128band-512x')
    """
    found = (row for pattern, row in patterns() if fnmatchcase(name.lower(), pattern))
    return next(found, None) or None


def patterns() -> Iterator[tuple[str, str]]:
    """Yield each pattern and its row, which is empty where there is none."""
    for row, names in _ROWS.items():
        for pattern in names.split():
            yield pattern, row


def raw_samples(name: str) -> bool:
    """Whether a name is that of a model that takes samples, not features.

    Examples
    --------
    >>> raw_samples("facebook/wav2vec2-base-960h"), raw_samples("openai/whisper-small")
    (True, False)
    """
    return re.fullmatch(_RAW, name, re.IGNORECASE) is not None
