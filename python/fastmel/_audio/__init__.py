"""From audio files to samples: what a header says, decoding, mixing, resampling."""
