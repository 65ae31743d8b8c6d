"""Front ends of models in transformers."""

import functools
import warnings

import numpy as np
from libraries import required


@functools.cache
def extractor(name, **options):
    transformers = required("transformers", minversion="5.23")
    transformers.logging.set_verbosity_error()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bands that are empty; deprecations inside
        return getattr(transformers, name)(**options)


def call(name, y, *, key="input_features", options=(), **arguments):
    """Return the features of one clip, as an array."""
    made = extractor(name, **dict(options))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = made(y, sampling_rate=made.sampling_rate, **arguments)
    return np.asarray(result[key][0])


def gemma_4(y):
    made = extractor("Gemma4AudioFeatureExtractor")
    result = made([y], return_tensors="np")
    return result["input_features"][0][result["input_features_mask"][0]]


def gemma_3n(y):
    return extractor("Gemma3nAudioFeatureExtractor")(y, return_tensors="np")["input_features"][0]


def granite_speech(y):
    required("torchaudio")
    return extractor("GraniteSpeechFeatureExtractor")(y)["input_features"][0].numpy()


@functools.cache
def bare_pop2piano():
    # Its package and its constructor want Essentia, which only the search for beats needs.
    required("transformers", minversion="5.23")
    module = required("transformers.models.pop2piano.feature_extraction_pop2piano")
    bare = object.__new__(module.Pop2PianoFeatureExtractor)
    bare.window_size, bare.hop_length = 4096, 1024
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bare.mel_filters = module.mel_filter_bank(
            num_frequency_bins=2049,
            num_mel_filters=512,
            min_frequency=10.0,
            max_frequency=11025.0,
            sampling_rate=22050,
            norm=None,
            mel_scale="htk",
        )
    return bare


def pop2piano(y):
    bare = bare_pop2piano()
    mel = type(bare).mel_spectrogram(bare, y[np.newaxis])
    return np.log(np.clip(mel, 1e-6, None))[0].T.astype(np.float32)


ORIGINALS = {
    "seamless-m4t": functools.partial(call, "SeamlessM4TFeatureExtractor"),
    "speech-to-text": functools.partial(call, "Speech2TextFeatureExtractor"),
    "ast": functools.partial(call, "ASTFeatureExtractor", key="input_values"),
    "ast-speech-commands": functools.partial(
        call,
        "ASTFeatureExtractor",
        key="input_values",
        options=(("max_length", 128), ("mean", -6.845978), ("std", 5.5654526)),
    ),
    "phi4-multimodal": functools.partial(
        call, "Phi4MultimodalFeatureExtractor", key="audio_input_features"
    ),
    "lasr": functools.partial(call, "LasrFeatureExtractor"),
    "xcodec2": functools.partial(call, "Xcodec2FeatureExtractor"),
    "neucodec": functools.partial(call, "NeuCodecFeatureExtractor"),
    "fun-asr-nano": functools.partial(call, "FunAsrNanoFeatureExtractor"),
    "clap": lambda y: call("ClapFeatureExtractor", y)[0],
    "clap-rand-trunc": lambda y: call("ClapFeatureExtractor", y, truncation="rand_trunc")[0],
    "speecht5": lambda y: call(
        "SpeechT5FeatureExtractor", None, key="input_values", audio_target=y
    ),
    "univnet": functools.partial(call, "UnivNetFeatureExtractor"),
    "clvp": functools.partial(call, "ClvpFeatureExtractor"),
    "pop2piano": pop2piano,
    "gemma-3n": gemma_3n,
    "gemma-4": gemma_4,
    "granite-speech": granite_speech,
    "granite-speech-5": functools.partial(call, "GraniteSpeech5FeatureExtractor"),
    "inkling": functools.partial(call, "InklingFeatureExtractor"),
}
