"""The compiled core; see csrc/bindings.cpp."""

from typing import Any, final

from numpy import float64
from numpy.typing import NDArray

__version__: str

Array = NDArray[Any]

@final
class Filterbank:
    def __init__(self, dense: NDArray[float64], precision: str) -> None: ...
    def apply(self, S: Array, out: Array, variant: str = ...) -> None: ...

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
    ) -> None: ...
    def apply(
        self,
        S: Array,
        out: Array,
        reference: float,
        peak: float,
        precision: str,
        variant: str = ...,
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
        window: NDArray[float64],
        precision: str,
        power: float | None,
        inverse: bool = ...,
        filterbank: Filterbank | None = ...,
        level: Level | None = ...,
        variant: str = ...,
    ) -> None: ...
    def run(self, y: Array, out: Array, workers: int = ..., last_stage: str = ...) -> bool: ...
    def invert(self, spectrum: Array, out: Array, smallest: float, workers: int = ...) -> None: ...
    @property
    def n_features(self) -> int: ...
    @property
    def variant(self) -> str: ...

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
def function(name: str, x: Array, out: Array, variant: str = ...) -> None: ...
def compiled_variants() -> list[str]: ...
def available_variants() -> list[str]: ...
def active_variant() -> str: ...
def lanes(variant: str, precision: str) -> int: ...
def build_info() -> dict[str, Any]: ...
