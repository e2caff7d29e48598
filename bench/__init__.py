"""Benchmarks: each figure is a ratio against a peer in the same run."""
