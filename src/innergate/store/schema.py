"""The tables, and how an older state becomes a newer one."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE resource (
      kind TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
      version INTEGER NOT NULL, body BLOB NOT NULL, created INTEGER NOT NULL, written INTEGER NOT NULL,
      PRIMARY KEY (kind, id)) WITHOUT ROWID;
    CREATE TABLE unique_name (
      scope TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
      PRIMARY KEY (scope, name),
      FOREIGN KEY (kind, id) REFERENCES resource ON DELETE CASCADE) WITHOUT ROWID;
    CREATE INDEX unique_name_holder ON unique_name (kind, id);
    CREATE TABLE reference (
      holder_kind TEXT NOT NULL, holder_id TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
      PRIMARY KEY (holder_kind, holder_id, kind, id),
      FOREIGN KEY (holder_kind, holder_id) REFERENCES resource ON DELETE CASCADE,
      FOREIGN KEY (kind, id) REFERENCES resource DEFERRABLE INITIALLY DEFERRED) WITHOUT ROWID;
    CREATE INDEX reference_target ON reference (kind, id);
    CREATE TABLE observation (
      subject TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, at TEXT NOT NULL,
      PRIMARY KEY (subject, name)) WITHOUT ROWID;
    CREATE TABLE log (
      revision INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, deleted INTEGER NOT NULL,
      at TEXT NOT NULL, PRIMARY KEY (revision, seq)) WITHOUT ROWID;
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO counter VALUES ('revision', 0);
    """,
    """
    CREATE TABLE writer (first INTEGER PRIMARY KEY, mark INTEGER NOT NULL);
    INSERT INTO writer SELECT value, random() FROM counter WHERE name = 'revision';
    """,
)
"""Each entry lifts `PRAGMA user_version` by one. Never edit one that has been released: add another."""
