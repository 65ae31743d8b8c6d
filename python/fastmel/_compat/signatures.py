"""Keyword arguments that functions share, for type checkers: the types of results depend on few."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from numpy.typing import ArrayLike

from .._base.checks import Precision
from .._engine.windows import WindowLike

PadMode: TypeAlias = str | Callable[..., Any]
Reference: TypeAlias = float | Callable[..., Any] | ArrayLike
Axes: TypeAlias = int | tuple[int, ...] | Literal["auto"] | None
Norm: TypeAlias = Literal["slaney"] | float | None

if TYPE_CHECKING:

    class Framing(TypedDict, total=False):
        """Those of :func:`fastmel.stft`."""

        n_fft: int
        hop_length: int | None
        win_length: int | None
        window: WindowLike
        center: bool
        pad_mode: PadMode
        workers: int | None
        precision: Precision

    class _Bands(Framing, total=False):
        sr: float
        power: float
        n_mels: int
        fmin: float
        fmax: float | None
        htk: bool

    class Mel(_Bands, total=False):
        """Those of :func:`fastmel.melspectrogram`."""

        norm: Norm

    class _Level(TypedDict, total=False):
        ref: Reference
        amin: float
        top_db: float | None
        axes: Axes

    class Decibels(_Level, total=False):
        """Those of :func:`fastmel.power_to_db`."""

        precision: Precision

    class LogMel(Mel, _Level, total=False):
        """Those of :func:`fastmel.log_melspectrogram`."""

    class Mfcc(_Bands, _Level, total=False):
        """Those of :func:`fastmel.mfcc`."""

        n_mfcc: int | None
        dct_type: int
        norm: str | None
        lifter: float
        mel_norm: Norm
