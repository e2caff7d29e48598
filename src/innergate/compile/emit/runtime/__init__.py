"""Plans for the runtime: what its workers read."""
