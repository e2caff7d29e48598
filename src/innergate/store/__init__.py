"""Where resources live: transactions with a global revision, snapshots, a change log, observations.

`state.State` is the immutable heart: persistent maps of rows, indexes, names and references. `transaction.Transaction` reads
a state through its own uncommitted writes. `sqlite.SqliteStore` makes a commit durable first and visible afterwards.
Observations (what executors saw) have no revision and wake nobody.
"""
