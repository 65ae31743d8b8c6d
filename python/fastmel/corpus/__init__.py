"""Features of a corpus: from files, folders and manifests to shards that are read back lazily."""

from ._item import Audio, Bytes, Item, Slice

__all__ = ["Audio", "Bytes", "Item", "Slice"]
