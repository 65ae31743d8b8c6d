"""Streams: features of signals that arrive in pieces, with the bits of a call on the whole."""
