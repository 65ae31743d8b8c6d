"""One digest per kind of result, to compare processes bit for bit: ``python -m bits`` prints them.

Needs NumPy and fastmel alone.
"""

import hashlib
import json
import warnings

import chains
import fastmel
import numpy as np
import signals

# Powers of two, 5-smooth, small and large primes (the large ones are transformed as convolutions).
LENGTHS = (1, 2, 3, 16, 31, 64, 97, 160, 191, 256, 400, 509, 512, 600, 1000, 1021, 1024, 2048)


def digest(*arrays):
    h = hashlib.sha256()
    for a in arrays:
        h.update(f"{a.shape}{a.dtype}".encode())
        h.update(np.ascontiguousarray(a).tobytes())
    return h.hexdigest()[:16]


def inputs():
    speech = signals.speech_like(12345)
    noise = signals.noise(12345, seed=3)
    return {
        "float32": speech,
        "float64": noise.astype(np.float64),
        "int16": signals.pcm(noise),
        "int32": signals.pcm(speech, np.int32),
        "stereo": np.stack([speech, noise]),
        "clicks": signals.clicks(12345),
        "denormal": (noise * 1e-41).astype(np.float32),
        "huge": (noise * 1e18).astype(np.float32),
    }


def results(workers=None):
    """Every function over every kind of input, as {name: digest}."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for kind, y in inputs().items():
            for precision in ("double", "single"):
                how = {"workers": workers, "precision": precision}
                key = f"{kind} {precision} "
                mel = {"y": y, "n_fft": 512, "hop_length": 160, "n_mels": 80, **how}
                found[key + "mel"] = digest(fastmel.melspectrogram(**mel))
                found[key + "mel power 1.5"] = digest(fastmel.melspectrogram(power=1.5, **mel))
                found[key + "log mel"] = digest(fastmel.log_melspectrogram(ref=np.max, **mel))
                found[key + "mfcc"] = digest(fastmel.mfcc(**mel))
                for n_fft in LENGTHS:
                    spectrum = fastmel.stft(y, n_fft=n_fft, hop_length=1 + n_fft // 3, **how)
                    back = fastmel.istft(
                        spectrum, n_fft=n_fft, hop_length=1 + n_fft // 3, workers=workers
                    )
                    found[key + f"stft {n_fft}"] = digest(spectrum, back)
            power = fastmel.spectrogram(y, n_fft=512)
            amplitude = np.sqrt(power)
            found[kind + " pcen"] = digest(fastmel.pcen(amplitude))
            levels = fastmel.power_to_db(power), fastmel.amplitude_to_db(amplitude)
            found[kind + " dB"] = digest(*levels)
        for name in ("librosa", "whisper", "whisper-large-v3"):
            frontend = fastmel.frontend(name)
            found[name] = digest(frontend(signals.speech_like(40000), workers=workers))
        found |= results_of_chains(workers)
    return found


def results_of_chains(workers=None):
    """Every stage of the chain, in both precisions and for both types of result."""
    found = {}
    speech = signals.speech_like(40000, 16000)
    y = {
        "float32": np.stack([speech, signals.noise(40000, seed=3)]),
        "float64": speech.astype(np.float64),
        "int16": signals.pcm(speech),
    }
    for name, config in chains.CHAINS.items():
        for precision in ("double", "single"):
            frontend = fastmel.frontend(config.replace(precision=precision))
            for kind, samples in y.items():
                found[f"{name} {precision} {kind}"] = digest(frontend(samples, workers=workers))
    return found


if __name__ == "__main__":
    print(json.dumps(results()))
