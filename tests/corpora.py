"""Corpora of features, written without audio: for tests of formats and of what reads them."""

import json

import numpy as np
from fastmel.corpus import Item
from fastmel.corpus._manifest import (
    MANIFEST,
    RECORD,
    Manifest,
    config_hash,
    end_of,
    failed_line,
    ok_line,
)
from fastmel.corpus._outputs import make_format

LENGTHS = (300, 80, 1, 1201, 64)


def features_like(fe, frames, dtype="float32", seed=0):
    """Smooth features in the layout of a front end; `frames` may equal their number."""
    rng = np.random.default_rng(seed)
    values = 0.2 * np.cumsum(rng.standard_normal((frames, fe.n_features)), axis=0) - 4
    values = values.astype(dtype)
    return values if fe.config.layout == "time_mel" else np.ascontiguousarray(values.T)


def items(n=5, begin=0):
    """Items with ids that formats have to take care of."""
    for i in range(begin, begin + n):
        extra = {"text": f"sentence {i}", "speaker": "a", "take": i} if i % 2 else {}
        yield Item(f"spk.{i % 2}/take-{i}.ä", f"audio/{i}.wav", start=1.5 * (i % 3), extra=extra)


def line_of(item, features, fe):
    first = fe.config.layout == "time_mel" or features.ndim == 3
    frames = features.shape[0 if first else 1]
    return ok_line(
        item,
        features,
        sample_rate=fe.sample_rate,
        duration=frames * fe.config.hop_length / fe.sample_rate,
        frames=frames,
        config=config_hash(fe.config),
    )


def read_manifest(path):
    """The lines of a manifest that is whole."""
    with open(path, "rb") as file:
        return [json.loads(line) for line in file]


def write(folder, fe, name="npy", *, shard=2, part=(0, 1), begin=0, lengths=LENGTHS, **options):
    """Write a corpus with shards of `shard` items; return its features by id."""
    folder.mkdir(parents=True, exist_ok=True)
    form = make_format(name, fe, **options)
    prefix = "features" if part == (0, 1) else f"features-{part[0]}"
    made = {}
    manifest = MANIFEST if part == (0, 1) else f"manifest-{part[0]:05}-of-{part[1]:05}.jsonl"
    (folder / RECORD).write_text(fe.to_json(), encoding="utf-8")
    with Manifest(folder / manifest) as lines:
        todo = list(zip(items(len(lengths), begin), lengths, strict=True))
        step = 1 if form.one_item_a_shard else shard
        for number, i in enumerate(range(0, len(todo), step)):
            stem = "" if form.one_item_a_shard else f"{prefix}-{number:05}"
            out, done = form.open_shard(folder, stem, todo[i][0].id), []
            try:
                for item, frames in todo[i : i + step]:
                    features = features_like(fe, frames, str(form.dtype), seed=frames)
                    line = line_of(item, features, fe)
                    done.append({**line, **out.add(item.id, features, line)})
                    made[item.id] = features
                out.close()
            except BaseException:
                out.abandon()
                raise
            lines.append(done)
        failed = Item(f"bad-{part[0]}-{begin}", "audio/bad.wav")
        lines.append([failed_line(failed, "no audio", config=config_hash(fe.config))])
    if part != (0, 1):
        end_of(folder / manifest).touch()
    return made
