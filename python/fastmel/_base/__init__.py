"""What all other rooms stand on: arrays, checks of arguments, caches, threads, arithmetic."""
