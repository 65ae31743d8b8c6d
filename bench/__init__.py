"""fastmel and its peers on the same work: `python -m bench` (see bench/README.md)."""
