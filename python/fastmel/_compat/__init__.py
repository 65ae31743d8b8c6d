"""The functions that are named as librosa's, and return its numbers."""
