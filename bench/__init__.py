"""Benchmarks: each figure is a ratio against a peer in the same run on the same machine. `python -m bench [--only PART]`."""
