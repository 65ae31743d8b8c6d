"""A user's script, for type checkers alone: the types of results follow those of the input."""

import array
from typing import Any

import fastmel
import numpy as np
from fastmel import kaldi, steps, transformers
from numpy.typing import NDArray
from typing_extensions import assert_type

narrow = np.zeros(16000, np.float32)
wide = np.zeros(16000, np.float64)
pcm = np.zeros(16000, np.int16)
room: NDArray[np.float32] = np.zeros((128, 32), np.float32)
magnitudes = np.zeros((513, 32))

assert_type(fastmel.stft(narrow), NDArray[np.complex64])
assert_type(fastmel.stft(pcm, n_fft=512, window=("kaiser", 8.0)), NDArray[np.complex64])
assert_type(fastmel.stft(wide), NDArray[np.complex128])
assert_type(fastmel.stft(narrow, dtype=np.complex128), NDArray[np.complex128])
assert_type(fastmel.spectrogram(narrow, power=1.0), NDArray[np.float32])
assert_type(fastmel.spectrogram(wide), NDArray[np.float64])
assert_type(fastmel.istft(fastmel.stft(narrow)), NDArray[np.float32])
assert_type(fastmel.istft(fastmel.stft(wide), length=16000), NDArray[np.float64])

assert_type(fastmel.melspectrogram(y=narrow, sr=16000, n_mels=80), NDArray[np.float32])
assert_type(fastmel.melspectrogram(y=wide), NDArray[np.float64])
assert_type(fastmel.melspectrogram(S=fastmel.spectrogram(narrow)), NDArray[np.float32])
assert_type(fastmel.melspectrogram(y=narrow, out=room), NDArray[np.float32])
assert_type(fastmel.melspectrogram(y=array.array("f", [0.0] * 512)), NDArray[np.floating[Any]])
assert_type(fastmel.log_melspectrogram(y=pcm, ref=np.max, top_db=None), NDArray[np.float32])
assert_type(fastmel.mfcc(y=narrow, n_mfcc=13, n_fft=512), NDArray[np.float32])
assert_type(fastmel.mfcc(y=wide), NDArray[np.float64])

assert_type(fastmel.power_to_db(room, ref=np.max), NDArray[np.float32])
assert_type(fastmel.amplitude_to_db(magnitudes), NDArray[np.float64])
assert_type(fastmel.power_to_db(2.0), np.float64)
assert_type(fastmel.db_to_power(room), NDArray[np.float32])
assert_type(fastmel.db_to_amplitude(20.0), np.float64)

fe = fastmel.frontend("whisper")
assert_type(fe, fastmel.FrontEnd)
assert_type(fe(narrow, workers=1), NDArray[np.floating[Any]])
assert_type(fe(narrow, out=room), NDArray[np.float32])
assert_type(fe.batch([narrow, pcm])[1], NDArray[np.int64])
assert_type(fe.config.replace(n_mels=64, after=(steps.Deltas(),)), fastmel.MelConfig)
assert_type(fastmel.MelConfig(n_fft=400, pad_mode="reflect", mel_norm=None).n_mels, int | None)

assert_type(kaldi.fbank(narrow[np.newaxis], num_mel_bins=80), NDArray[np.float32])
assert_type(kaldi.mfcc(wide[np.newaxis]), NDArray[np.float64])
assert_type(kaldi.FbankOptions().mel_opts.num_bins, int)
some = fastmel.melspectrogram(y=bytearray(4096))
assert_type(kaldi.fbank(some), NDArray[np.floating[Any]])
assert_type(kaldi.sliding_window_cmn(room), NDArray[np.float32])

assert_type(fastmel.pcen(magnitudes), NDArray[np.float64])
assert_type(fastmel.pcen(room, return_zf=True)[1], NDArray[np.float64])
assert_type(fastmel.whisper.log_mel_spectrogram("speech.wav", n_mels=128), NDArray[np.float32])
assert_type(fastmel.whisper.pad_or_trim(narrow), NDArray[np.float32])

extractor = transformers.WhisperFeatureExtractor(feature_size=128, hop_length=160)
assert_type(extractor, transformers.WhisperFeatureExtractor)
assert_type(extractor([narrow, narrow], sampling_rate=16000), transformers.BatchFeature)
assert_type(extractor.hop_length, int)
