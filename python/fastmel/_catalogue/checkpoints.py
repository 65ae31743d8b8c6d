"""Rows by what people type: names of checkpoints on model hubs.

A pattern is matched with a whole name, without regard to case, first come first served. What each
checkpoint computes stands in its own preprocessor configuration, or in the project of its row.
"""

from __future__ import annotations

import re

# What the extractors of these checkpoints compute, padding included.
_ROWS = {
    r"distil-whisper/distil-large-v3.*-ct2": "faster-whisper-large-v3",
    r"openai/whisper-large-v3.*|distil-whisper/distil-large-v3.*": "whisper-large-v3-hf",
    r"openai/whisper-.+|distil-whisper/.+": "whisper-hf",
    r"(systran|mobiuslabsgmbh)/faster-(distil-)?whisper-large-v3.*": "faster-whisper-large-v3",
    r"systran/faster-(distil-)?whisper-.+": "faster-whisper",
    r"qwen/qwen(2-audio|2\.5-omni)-.+": "qwen2-audio",
    r"qwen/qwen3-omni-.+": "qwen3-omni",
    r"qwen/qwen3-asr-.+": "qwen3-asr",
    r"mistralai/voxtral-.+-realtime-.+": "voxtral-realtime",
    r"mistralai/voxtral-(mini-3b|small-24b)-.+": "voxtral",
    r"nvidia/audio-flamingo-3(-hf)?": "audio-flamingo-3",
    r"facebook/(hf-)?seamless-m4t-.+|facebook/w2v-bert-2\.0": "seamless-m4t",
    r"facebook/s2t-(small|medium|large)-.+": "speech-to-text",
    r"facebook/mms-tts(-.+)?": "vits-linear",
    r"mit/ast-finetuned-audioset-.+": "ast",
    r"mit/ast-finetuned-speech-commands-.+": "ast-speech-commands",
    r"microsoft/phi-4-multimodal-.+": "phi4-multimodal",
    r"microsoft/speecht5_(tts|vc|hifigan)": "speecht5",
    r"laion/clap-htsat-fused": "clap",
    r"laion/(clap-htsat-unfused|larger_clap_.+)": "clap-rand-trunc",
    r"google/gemma-3n-.+": "gemma-3n",
    r"ibm-granite/granite-speech-3\.\d.*": "granite-speech",
    r"nvidia/stt_\w+_quartznet.+": "nemo",
    r"nvidia/(canary-.+|parakeet-tdt-0\.6b-v[23])": "nemo-canary",
    r"nvidia/(parakeet-(ctc|rnnt)-.+|stt_\w+_fastconformer.+)": "nemo-fastconformer",
    r"nvidia/bigvgan_(v2_22khz_80band_fmax8k_256x|(base_)?22khz_80band)": "bigvgan-22khz-80band",
    r"nvidia/bigvgan_(v2_24khz_100band_256x|(base_)?24khz_100band)": "bigvgan-24khz-100band",
    r"nvidia/bigvgan_v2_22khz_80band_256x": "bigvgan-v2-22khz-80band",
    r"nvidia/bigvgan_v2_44khz_128band_(256|512)x": r"bigvgan-v2-44khz-128band-\1x",
    r"speechbrain/spkrec-ecapa-(?!.*mel-spec).+": "speechbrain-80",
    r"pyannote/wespeaker-.+": "pyannote-wespeaker",
    r"charactr/vocos-mel-24khz": "vocos",
    r"swivid/(f5|e2)-tts": "f5-tts",
    r"yl4579/styletts2.*|hexgrad/kokoro-.+": "styletts2",
    r"funasr/paraformer-.+|funaudiollm/sensevoice.*": "funasr",
    r"sweetcocoa/pop2piano": "pop2piano",
    r"google/(vggish|yamnet)": r"\1",
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
    for pattern, row in _ROWS.items():
        if found := re.fullmatch(pattern, name, re.IGNORECASE):
            return found.expand(row)
    return None


def raw_samples(name: str) -> bool:
    """Whether a name is that of a model that takes samples, not features.

    Examples
    --------
    >>> raw_samples("facebook/wav2vec2-base-960h"), raw_samples("openai/whisper-small")
    (True, False)
    """
    return re.fullmatch(_RAW, name, re.IGNORECASE) is not None
