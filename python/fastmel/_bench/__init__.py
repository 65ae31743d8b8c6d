"""fastmel and its peers on the same work, in turns: what ``fastmel bench`` and ``bench/`` run."""
