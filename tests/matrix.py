"""Every front end by every way to the same bits: threads, shapes of batches, choppings, types.

``python -m matrix [names]`` prints how many results were compared, and a digest of each front end
and type, which must be those of every instruction set (FASTMEL_SIMD).
"""

import json
import sys

import fastmel
import numpy as np
import signals
from bits import digest

WORKERS = (1, 2, 3)
BATCHES = (1, 2, 3, 5, 17)  # signals at a time
DTYPES = (np.float32, np.int16)
# Samples of each push; the last size is repeated.
CHOPPINGS = [
    *([n] for n in (100, 159, 160, 161, 400, 511, 512, 513, 640, 800, 1600, 3200, 10**6)),
    *([0, 1, 2, 3, 500], [1, 999], [5000, 1, 160], [399, 2, 0, 700], [256, 255, 257, 64, 2048]),
    *([7, 77, 777], [1200, 80]),
]


def pieces(n, chopping):
    """Yield where the chunks of a signal begin and end."""
    at, i = 0, 0
    while at < n:
        size = chopping[min(i, len(chopping) - 1)]
        yield at, at + size
        at, i = at + size, i + 1


def items(front_end, dtype):
    """As many signals as the largest batch, of unlike lengths that all have frames."""
    n = front_end.sample_rate * 2 // 5
    while front_end.num_frames(n) < 2:
        n *= 2
    made = [signals.noise(n + 577 * (i % 5), seed=i) for i in range(BATCHES[-1])]
    return [signals.pcm(y) for y in made] if dtype == np.int16 else made


def frames_first(front_end, features):
    by_frame = features.ndim == 3 or front_end.config.layout == "time_mel"
    return features if by_frame else features.T


def without_padding(front_end, batch):
    features, lengths = batch
    first = features.ndim == 4 or front_end.config.layout == "time_mel"
    return [
        row[:length] if first else row[:, :length].T
        for row, length in zip(features, lengths, strict=True)
    ]


def streamed(front_end, ys, chopping, workers):
    live = front_end.streams(len(ys))
    parts = [[] for _ in ys]
    longest = max(len(y) for y in ys)
    for begin, end in pieces(longest, chopping):
        new = without_padding(front_end, live.push([y[begin:end] for y in ys], workers=workers))
        for part, frames in zip(parts, new, strict=True):
            part.append(frames)
    for part, frames in zip(parts, without_padding(front_end, live.flush()), strict=True):
        part.append(frames)
    return [np.concatenate(part) for part in parts]


def streams(front_end):
    try:
        front_end.streams(1)
    except ValueError:  # it needs the whole signal
        return False
    return True


def compare(front_end, dtype):
    """Return a digest, and how many results had the bits of a call on one signal by one thread."""
    ys = items(front_end, dtype)
    expected = [frames_first(front_end, front_end(y, workers=1)) for y in ys]
    count = 0

    def same(got, n, how):
        nonlocal count
        for i, (one, other) in enumerate(zip(expected[:n], got, strict=True)):
            assert one.size
            assert one.dtype == other.dtype, (front_end, dtype, how, i)
            assert one.shape == other.shape, (front_end, dtype, how, i, one.shape, other.shape)
            assert one.tobytes() == other.tobytes(), (front_end, dtype, how, i)
            count += 1

    live = streams(front_end)
    for workers in WORKERS:
        for n in BATCHES:
            batch = front_end.batch(ys[:n], workers=workers)
            same(without_padding(front_end, batch), n, f"{workers} threads, batch of {n}")
            for chopping in CHOPPINGS if live else []:
                how = f"{workers} threads, {n} streams, {chopping}"
                same(streamed(front_end, ys[:n], chopping, workers), n, how)
    return digest(*expected), count


def results(names):
    digests, total = {}, 0
    for name in names:
        for dtype in DTYPES:
            key = f"{name} {np.dtype(dtype)}"
            digests[key], count = compare(fastmel.frontend(name), dtype)
            total += count
    return digests, total


if __name__ == "__main__":
    print(json.dumps(results(sys.argv[1:] or list(fastmel.frontends()))))
