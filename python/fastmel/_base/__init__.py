"""What all other rooms stand on: arrays, checks, steps, caches, threads, arithmetic."""
