"""Snapshot -> plans, pure and incremental.

`view` reads a snapshot and notes what was read. `family` says what a unit is, `units` lists every family there is, and `engine`
runs them (pure functions of a view) and, after a commit, runs again just those whose notes the commit touches; `ledger` joins
what several units emit under one name, `node_parts` keeps those that the agent is told of, and `compilation` is what comes out.
`resolve` turns resources into meaning (paths, stages, policies) without a word about Envoy; `emit` spells that meaning for each
executor. Nothing here reads a clock, an observation or a random number.
"""
