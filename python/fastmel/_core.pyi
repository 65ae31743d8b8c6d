"""The compiled core; see csrc/bindings.cpp."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

from numpy import dtype, float64, int64
from numpy.typing import NDArray

__version__: str

Array = NDArray[Any]
# Bands, bins and values of weights, and what there is to warn of.
Filters = tuple[NDArray[int64], NDArray[int64], NDArray[float64], str | None]

@final
class Filterbank:
    def __init__(self, dense: NDArray[float64], precision: str) -> None: ...
    def apply(self, S: Array, out: Array, variant: str = ...) -> None: ...
    @property
    def n_bands(self) -> int: ...

@final
class Level:
    def __init__(
        self,
        *,
        log: str,
        scale: float = ...,
        floor: float,
        add: float = ...,
        reference: float | None = ...,
        range: float | None = ...,
        scope: str = ...,
        fixed_peak: float = ...,
        shift: float = ...,
        gain: float = ...,
        low: float = ...,
        high: float = ...,
    ) -> None: ...
    def apply(
        self,
        S: Array,
        out: Array,
        reference: float | None,
        peak: float | None,
        precision: str,
        variant: str = ...,
    ) -> None: ...

@final
class Preparation:
    def __init__(
        self,
        *,
        begin: int,
        length: int,
        dither: float = ...,
        dither_seed: int = ...,
        remove_mean: bool = ...,
        preemphasis: float = ...,
        energy: str = ...,
        energy_gain: float = ...,
        energy_floor: float = ...,
        energy_last: bool = ...,
    ) -> None: ...

@final
class Plan:
    def __init__(
        self,
        *,
        n_fft: int,
        hop_length: int,
        offset: int,
        pad_mode: str,
        pad_mode_after: str | None = ...,
        window: NDArray[float64],
        precision: str,
        power: float | None,
        scale: float = ...,
        preemphasis: float = ...,
        first_has_previous: bool = ...,
        preparation: Preparation | None = ...,
        spectrum_floor: float = ...,
        spectrum_offset: float = ...,
        inverse: bool = ...,
        filterbank: Filterbank | None = ...,
        level: Level | None = ...,
        engine: str = ...,
        variant: str = ...,
    ) -> None: ...
    def run(self, y: Array, out: Array, workers: int = ..., last_stage: str = ...) -> bool: ...
    def samples_of(
        self, n_frames: int, *, first: int, n_samples: int | None = ...
    ) -> tuple[int, int]: ...
    def run_range(
        self,
        y: Array,
        out: Array,
        *,
        first: int,
        begin: int,
        n_samples: int | None = ...,
        workers: int = ...,
    ) -> bool: ...
    def run_items(self, y: Sequence[Array], out: Sequence[Array], workers: int = ...) -> int: ...
    def invert(self, spectrum: Array, out: Array, smallest: float, workers: int = ...) -> None: ...
    @property
    def n_features(self) -> int: ...
    @property
    def engine(self) -> str: ...
    @property
    def variant(self) -> str: ...

@final
class StreamPlan:
    def __init__(
        self, plan: Plan, *, frame_count: str, frame_length: int, before: int, after: int
    ) -> None: ...
    def total(self, n_samples: int) -> int: ...
    @property
    def latency(self) -> int: ...
    @property
    def context(self) -> int: ...

StreamState = tuple[int, int, int, bool, bool, str, bytes]

@final
class Stream:
    def __init__(
        self, plan: StreamPlan, *, frames_first: bool, wide: bool | None = ...
    ) -> None: ...
    def push(self, chunk: Array, out: Array | None = ...) -> Array: ...
    def end(self, out: Array | None = ...) -> Array: ...
    def reset(self) -> None: ...
    def frames_of(self, n: int) -> int: ...
    def frames_left(self) -> int: ...
    def state(self) -> StreamState: ...
    def restore(self, state: StreamState) -> None: ...
    def dtype_for(self, samples: dtype[Any]) -> dtype[Any]: ...
    @property
    def dtype(self) -> dtype[Any]: ...
    @property
    def ended(self) -> bool: ...
    @property
    def n_samples(self) -> int: ...
    @property
    def n_frames(self) -> int: ...

@final
class Streams:
    def __init__(
        self, plan: StreamPlan, n: int, *, frames_first: bool, wide: bool | None = ...
    ) -> None: ...
    def push(
        self,
        which: Sequence[int],
        chunks: list[Any],
        workers: int = ...,
        out: Array | None = ...,
    ) -> tuple[Array, NDArray[int64]]: ...
    def push_rows(
        self,
        which: Sequence[int] | None,
        chunks: Array,
        lengths: Sequence[int] | None = ...,
        workers: int = ...,
        out: Array | None = ...,
    ) -> tuple[Array, NDArray[int64]]: ...
    def end(self, which: Sequence[int]) -> tuple[Array, NDArray[int64]]: ...
    def add(self) -> int: ...
    def remove(self, index: int) -> None: ...
    def reset(self, index: int) -> None: ...
    def has(self, index: int) -> bool: ...
    def ended(self, index: int) -> bool: ...
    def n_samples(self, index: int) -> int: ...
    def state(self, index: int) -> StreamState: ...
    def restore(self, index: int, state: StreamState) -> None: ...
    @property
    def size(self) -> int: ...

@final
class Post:
    def __init__(
        self,
        *,
        cepstra: Filterbank | None = ...,
        normalize: str | None = ...,
        all: bool = ...,
        ddof: int = ...,
        eps: float = ...,
        eps_to: str = ...,
        window: tuple[int, int, int] | None = ...,
        pcen: Mapping[str, float] | None = ...,
        stack: int = ...,
        stride: int = ...,
        left: int = ...,
        drop: bool = ...,
        filler: float | None = ...,
        shift: Sequence[float] = ...,
        gain: Sequence[float] = ...,
        half: bool = ...,
    ) -> None: ...
    def apply(self, features: Array, out: Array, variant: str = ...) -> None: ...
    def frames_after(self, frames: int) -> int: ...
    def width_after(self, width: int) -> int: ...
    @property
    def in_place(self) -> bool: ...
    @property
    def any(self) -> bool: ...

longest_padding: int

@final
class Config:
    def __init__(self, values: dict[str, Any]) -> None: ...
    def filters(self) -> tuple[NDArray[float64], str | None]: ...
    def filterbank(self) -> tuple[Filterbank | None, str | None]: ...
    def plan(self, window: NDArray[float64], filterbank: Filterbank | None) -> Plan: ...
    def post(self) -> Post: ...
    def cepstral_matrix(self) -> NDArray[float64]: ...

def normalize_in_windows(
    features: Array,
    windows: Sequence[tuple[int, int]],
    *,
    size: int,
    divide: bool,
    ddof: int = ...,
    eps: float = ...,
    eps_to: str = ...,
) -> None: ...
def windows_of(*, before: int, after: int, least: int, n_frames: int) -> list[tuple[int, int]]: ...

@final
class SlidingNormalizer:
    def __init__(
        self,
        *,
        width: int,
        before: int,
        after: int,
        least: int,
        divide: bool,
        ddof: int = ...,
        eps: float = ...,
        eps_to: str = ...,
    ) -> None: ...
    def push(self, frames: Array, last: bool = ...) -> Array: ...
    def state(self) -> tuple[int, int, int, list[float], NDArray[float64]]: ...
    def restore(self, state: tuple[Any, ...]) -> None: ...

def normalize(
    features: Array,
    *,
    divide: bool,
    all: bool = ...,
    ddof: int = ...,
    eps: float = ...,
    eps_to: str = ...,
    variant: str = ...,
) -> None: ...
def pcen(
    *,
    S: Array,
    ref: Array,
    out: NDArray[float64],
    state: NDArray[float64],
    b: float,
    gain: float,
    bias: float,
    power: float,
    eps: float,
    variant: str = ...,
) -> None: ...
def noise(seed: int, out: NDArray[float64], variant: str = ..., first: int = ...) -> None: ...
def function(name: str, x: Array, out: Array, variant: str = ...) -> None: ...
def exact(name: str, x: NDArray[float64], out: NDArray[float64], exponent: float = ...) -> None: ...
def circle(x: NDArray[float64], n: float, cos: NDArray[float64], sin: NDArray[float64]) -> None: ...
def window(
    name: str, parameters: Sequence[float | None], length: int, periodic: bool = ...
) -> NDArray[float64]: ...
def mel_filters(
    *,
    sample_rate: float,
    n_fft: int,
    n_mels: int,
    fmin: float = ...,
    fmax: float | None = ...,
    scale: str = ...,
    shape: str = ...,
    norm: float | str | None = ...,
    exclude: str | None = ...,
    vtln_warp: float = ...,
    vtln_low: float = ...,
    vtln_high: float = ...,
    rounding: str | None = ...,
) -> Filters: ...
def mel_triangles(
    edges: NDArray[float64], *, sample_rate: float, n_fft: int, rounding: str
) -> Filters: ...
def cepstral_matrix(
    *,
    n_bands: int,
    n_mfcc: int,
    dct_type: int = ...,
    norm: str = ...,
    lifter: float = ...,
    lifter_offset: int = ...,
    use_energy: bool = ...,
    htk_compat: bool = ...,
) -> NDArray[float64]: ...
def center_padding(frame_length: int) -> int: ...
def n_frames(
    n_samples: int,
    frame_length: int,
    hop_length: int,
    padding: tuple[int, int],
    frame_count: str = ...,
) -> int: ...
def shortest_signal(
    frame_length: int, hop_length: int, padding: tuple[int, int], frame_count: str = ...
) -> int: ...
def n_stacked(
    n_frames: int, *, size: int, stride: int, left: int = ..., drop: bool = ...
) -> int: ...
def in_float_environment(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any: ...
def compiled_variants() -> list[str]: ...
def available_variants() -> list[str]: ...
def active_variant() -> str: ...
def lanes(variant: str, precision: str) -> int: ...
def build_info() -> dict[str, Any]: ...
