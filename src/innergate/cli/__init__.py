"""Thin commands: each asks the control process (or starts it) and shows the answer as a table, or as JSON for machines."""
