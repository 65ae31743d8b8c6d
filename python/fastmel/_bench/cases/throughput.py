"""Many clips, and many threads."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

import fastmel
from fastmel import reference

from ..case import Array, Case, Contender, Setup, lib, recording
from ..measure import Call
from . import features

_SR = 16000


def _clips(n: int, seconds: float) -> tuple[Array, Array]:
    """Return so many different clips, (n, samples), and Whisper's features of them."""
    y = recording(seconds + 10, _SR)
    clips = np.stack([y[997 * i % (10 * _SR) :][: int(seconds * _SR)] for i in range(n)])
    return clips, np.stack([reference.whisper_log_mel(clip) for clip in clips])


def batch() -> Case:
    clips, expected = _clips(32, 5.0)
    return Case(
        key="batch",
        title="Whisper's log-mel of a batch, 32 clips of 5 s in an array (400/160/80)",
        unit="clip",
        units=len(clips),
        expected=expected,
        tolerance=1e-3,
        kind="throughput",
        audio=clips.size / _SR,
        contenders={
            "fastmel": Contender(lambda: functools.partial(fastmel.frontend("whisper"), clips)),
            "transformers": Contender(
                lambda: functools.partial(features.whisper_by_transformers(), list(clips)),
                view=lambda result: result["input_features"],
            ),
            "torchaudio": Contender(
                lambda: functools.partial(features.whisper_by_torchaudio(), clips)
            ),
            "librosa": Contender(lambda: functools.partial(features.whisper_by_librosa(), clips)),
        },
    )


# --- a data loader --------------------------------------------------------------------------------

# Its workers are new processes, to which functions of a module can be sent on every system.


def _fastmel() -> Callable[[Any], Any]:
    return fastmel.frontend("whisper")


def _transformers() -> Callable[[Any], Any]:
    extract = features.whisper_by_transformers()
    return lambda y: extract(y)["input_features"][0]


_LIBRARIES = {
    "torchaudio": features.whisper_by_torchaudio,
    "librosa": features.whisper_by_librosa,
    "transformers": _transformers,
}


class _Clips:
    """A data set whose items are the features of short clips."""

    def __init__(self, clips: Array, make: Callable[[], Callable[[Any], Any]]) -> None:
        self._clips, self._make = clips, make
        self._features: Callable[[Any], Any] | None = None

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, i: int) -> Any:
        if self._features is None:  # in the worker
            self._features = self._make()
        return self._features(self._clips[i])


def _start_patched(library: str, worker: int) -> None:
    fastmel.patch(library)


def loader() -> Case:
    clips, expected = _clips(256, 1.0)

    def epoch(make: Callable[[], Callable[[Any], Any]], patched: str = "") -> Setup:
        def setup() -> Call:
            make()  # is it installed?
            batches = lib("torch.utils.data").DataLoader(
                _Clips(clips, make),
                batch_size=32,
                num_workers=2,
                persistent_workers=True,
                worker_init_fn=functools.partial(_start_patched, patched) if patched else None,
            )
            return lambda: list(batches)

        return setup

    contenders = {"fastmel": Contender(epoch(_fastmel), _joined)}
    for name, make in _LIBRARIES.items():
        contenders[name] = Contender(epoch(make), _joined)
        contenders[f"{name} + patch"] = Contender(epoch(make, name), _joined, ours=True)
    return Case(
        key="loader",
        title="torch's DataLoader, 2 workers, Whisper's log-mel of 256 clips of 1 s",
        unit="clip",
        units=len(clips),
        expected=expected,
        tolerance=1e-3,
        kind="throughput",
        parallel=True,
        audio=clips.size / _SR,
        contenders=contenders,
    )


def _joined(batches: list[Any]) -> Array:
    return np.concatenate([np.asarray(features) for features in batches])


# --- threads --------------------------------------------------------------------------------------


def threads() -> Case:
    y = recording(600, 22050)
    out = np.empty((128, 1 + y.size // 512), np.float32)

    def on(workers: int, precision: Literal["double", "single"]) -> Contender:
        call = functools.partial(fastmel.log_melspectrogram, y=y, top_db=None, out=out)
        return Contender(
            lambda: functools.partial(call, precision=precision, workers=workers),
            view=lambda db: db[:, :2500],
        )

    return Case(
        key="threads",
        title="Two threads beside one, librosa's log-mel of ten minutes",
        unit="frame",
        units=out.shape[1],
        expected=reference.log_melspectrogram(y=y[: 60 * 22050], top_db=None)[:, :2500],
        tolerance=0.1,
        kind="throughput",
        parallel=True,
        audio=600.0,
        contenders={
            "fastmel, double, 1 thread": on(1, "double"),
            "fastmel, single, 1 thread": on(1, "single"),
            "fastmel, double, 2 threads": on(2, "double"),
            "fastmel, single, 2 threads": on(2, "single"),
        },
    )
