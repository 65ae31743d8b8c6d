"""Audio files to arrays of samples."""

from ._audio.loading import load

__all__ = ["load"]
