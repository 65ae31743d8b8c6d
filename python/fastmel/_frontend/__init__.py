"""Front ends: a configuration with a name, ready to be called on audio, and the names there are."""
