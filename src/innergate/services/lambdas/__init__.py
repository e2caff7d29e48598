"""AWS Lambda: functions, versions, aliases and permissions as records, and Invoke, which a node's supervisor executes.

`names` reads how callers name functions, `lookups` finds them; `code` and `checks` say what AWS takes; `shown` renders.
"""
