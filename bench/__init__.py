"""Developers' measurements, with the engine of `fastmel bench` (see bench/README.md)."""
