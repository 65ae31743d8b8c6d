"""Audio files to arrays of samples."""

from ._audio.loading import load
from ._base.public import publish as _publish

__all__ = ["load"]
__dir__ = __all__.copy

_publish(__name__, [load])
