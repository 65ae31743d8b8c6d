"""Lhotse's chunked lilcom storage, and beside each file its cuts."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..._base.extras import require
from .._manifest import encoded
from .base import FileShard, Format, Shard, arranged
from .files import Buffer, Files, TornError

if TYPE_CHECKING:
    from ..._engine.config import MelConfig
    from ..._frontend.frontend import FrontEnd

_WHAT = "format 'lhotse'"
_SAID = ("text", "language", "speaker", "gender")
"""Fields of an item that are those of a supervision."""


class LhotseFormat(Format):
    """Features and cuts for Lhotse: ``CutSet.from_file`` reads ``features-00000.cuts.jsonl``.

    lilcom rounds values to a multiple of a power of 2. It is Lhotse's own 2⁻⁵ for natural
    logarithms, and as fine where a configuration has other units.

    Lhotse counts the frames of a cut by its duration. Where a front end has another number of them,
    the cut lasts as long as its features: the 30 s that Whisper's are padded to, or 9.98 s of 10 s
    for Kaldi's. One frame beyond the duration, as centred frames have it, is left out when a cut is
    loaded.
    """

    name = "lhotse"
    suffix = ".lca"
    sidecar = ".cuts.jsonl"
    matrices = True
    dtypes = ("float32",)

    def __init__(
        self, fe: FrontEnd, *, dtype: str = "float32", compression: str | None = None
    ) -> None:
        super().__init__(fe, dtype=dtype, compression=compression)
        self.step = _step(fe.config)

    def open_shard(self, folder: Path, stem: str, first_id: str = "") -> Shard:
        return _LhotseShard(folder / f"{stem}.lca", self)

    @classmethod
    def read(cls, folder: Path, line: Mapping[str, Any], files: Files) -> NDArray[Any]:
        path = folder / line["file"]
        if (size := path.stat().st_size) < (needed := cls.end(line)):
            raise TornError.short(path, needed, size)
        return arranged(_storage().LilcomChunkyReader(path).read(line["key"]), line)

    @classmethod
    def stored(cls, folder: Path, line: Mapping[str, Any], files: Files) -> Iterable[Buffer]:
        return [files.bytes(folder / line["file"], line["offset"], line["size"])]

    @classmethod
    def check_around(cls, folder: Path, line: Mapping[str, Any], files: Files) -> None:
        """See :meth:`Format.check_around`: the item's cut."""
        path = folder / line["file"]
        cut = files.kept(_cuts, path.with_suffix(cls.sidecar)).get(line["id"])
        if cut is None or cut["features"]["storage_key"] != line["key"]:
            raise TornError(path, f"{path.stem}{cls.sidecar} has another cut of {line['id']}")

    @classmethod
    def is_last(cls, folder: Path, line: Mapping[str, Any]) -> bool:
        last = _last_cut((folder / line["file"]).with_suffix(cls.sidecar))
        return bool(last["id"] == line["id"])

    @classmethod
    def size(cls, path: Path) -> int:
        """See :meth:`Format.size`: the last of the cuts tells where it ends."""
        try:
            last = _last_cut(path.with_suffix(cls.sidecar))
            end = sum(map(int, last["features"]["storage_key"].split(",")))
        except (OSError, ValueError, LookupError):
            return 0
        return size if (size := super().size(path)) >= end else 0


class _LhotseShard(FileShard):
    def __init__(self, path: Path, form: LhotseFormat) -> None:
        self._chunk = _storage().LilcomChunkyWriter.CHUNK_SIZE
        self._step = form.step
        super().__init__(path, form)

    def add(
        self, id: str, features: NDArray[Any], about: Mapping[str, Any], spooled: Path | None = None
    ) -> dict[str, Any]:
        compression = require("lhotse.features.compression", extra="lhotse", what=_WHAT)
        if not features.size:
            raise ValueError(f"features of shape {features.shape}: format 'lhotse' needs a frame")
        # A copy, because lilcom rounds in place what it is given.
        matrix = np.array(self._form.matrix(features), order="C")
        chunks = compression.lilcom_compress_chunked(
            matrix, tick_power=self._step, chunk_size=self._chunk
        )
        offset, sizes = self.n_bytes, [len(chunk) for chunk in chunks]
        key = ",".join(map(str, [offset, *sizes]))
        cut = self._cut(id, matrix.shape, key, about)
        self._write(*chunks)
        self._beside.append(cut)
        digest = hashlib.sha256(b"".join(chunks)).hexdigest()
        return {
            "file": self._part.path.name,
            "offset": offset,
            "size": sum(sizes),
            "key": key,
            "transposed": not self._form.time_first,
            "sha256": digest,
        }

    def _cut(self, id: str, shape: tuple[int, ...], key: str, about: Mapping[str, Any]) -> bytes:
        lhotse = require("lhotse", extra="lhotse", what=_WHAT)
        rate = about["sample_rate"]
        shift = self._form.fe.config.finished_hop / rate
        frames, duration = shape[0], about["duration"]
        counted = lhotse.utils.compute_num_frames(duration, shift, rate)
        if frames not in (counted, counted + 1):
            counted, duration = frames, round(frames * shift, 8)
        start, channel = about["start"], about["channel"] or 0
        recording = about["source"]
        extra = {name: value for name, value in about.get("extra", {}).items() if name != "id"}
        said = {name: extra.pop(name) for name in _SAID if isinstance(extra.get(name), str)}
        supervisions = []
        if said:
            length = min(about["duration"], duration)
            supervisions.append(
                lhotse.SupervisionSegment(id, recording, 0.0, length, channel, **said)
            )
        features = lhotse.Features(
            type=f"fastmel-{self._form.fe.name or about['config']}",
            num_frames=counted,
            num_features=shape[1],
            frame_shift=shift,
            sampling_rate=rate,
            start=start,
            duration=duration,
            storage_type="lilcom_chunky",
            storage_path=str(self._part.path),
            storage_key=key,
            recording_id=recording,
            channels=channel,
        )
        cut = lhotse.MonoCut(
            id, start, duration, channel, supervisions, features, custom=extra or None
        )
        return encoded(cut.to_dict()) + b"\n"


def _cuts(path: Path) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        return {cut["id"]: cut for cut in map(json.loads, file)}


def _last_cut(path: Path) -> Any:
    return json.loads(path.read_bytes().splitlines()[-1])  # others need not be understood for it


def _step(config: MelConfig) -> int:
    """Return the power of 2 that values are rounded to multiples of."""
    unit = _UNITS[config.log] * abs(config.gain) * config.power / 2
    if config.normalize in ("pcen", "mean_std") or config.feature_gain:
        unit = 0.125  # values of about 1, where logarithms of speech differ by 5 or so
    if not unit:
        raise ValueError(
            "format 'lhotse' rounds to multiples of a step, which takes logarithms; the front end "
            f"has log={config.log!r}"
        )
    return max(math.floor(math.log2(unit)) - 5, -20)


_UNITS = {
    "none": 0.0,
    "ln": 1.0,
    "ln_above_e": 1.0,
    "log10": 1 / math.log(10),
    "log2": 1 / math.log(2),
    "dB": 10 / math.log(10),
}
"""What a factor of e in the power adds to features."""


def _storage() -> Any:
    return require("lhotse.features.io", extra="lhotse", what=_WHAT)
