"""Store what TensorFlow's front ends return: tf.signal's and YAMNet's.

Run in `tests` as ``python -m originals.make_tensorflow YAMNET``, where YAMNET is the folder
research/audioset/yamnet of https://github.com/tensorflow/models at MODELS; needs tensorflow.
"""

import sys
from pathlib import Path

import tensorflow as tf

from .definitions import load
from .signals import NAMES, as_float, signal
from .storage import store, versions

MODELS = "features.py at 33630ec, params.py at 3617973"


def tf_signal(y):
    """Return log-mel features as the documentation of mfccs_from_log_mel_spectrograms does."""
    stfts = tf.signal.stft(y, frame_length=1024, frame_step=256, fft_length=1024)
    weights = tf.signal.linear_to_mel_weight_matrix(80, stfts.shape[-1], 16000.0, 80.0, 7600.0)
    return tf.math.log(tf.tensordot(tf.abs(stfts), weights, 1) + 1e-6)


def tf_signal_mfcc(y):
    return tf.signal.mfccs_from_log_mel_spectrograms(tf_signal(y))[..., :13]


def yamnet(folder):
    features, params = load(folder / "features.py"), load(folder / "params.py").Params()

    def compute(y):
        padded = features.pad_waveform(y, params)
        return features.waveform_to_log_mel_spectrogram_patches(padded, params)[1]

    return compute


def main(folder):
    originals = {
        "tf-signal": tf_signal,
        "tf-signal-mfcc": tf_signal_mfcc,
        "yamnet": yamnet(Path(folder)),
    }
    outputs = {}
    for row, compute in originals.items():
        for name in NAMES:
            y = tf.constant(as_float(signal(name, 16000)))
            outputs[row, name] = compute(y).numpy()
    store("tensorflow", outputs, {"tensorflow/models": MODELS} | versions("tensorflow"))


if __name__ == "__main__":
    main(*sys.argv[1:])
