"""Resources -> meaning: paths with their hops, stages with their methods, policies. Engine-neutral."""
