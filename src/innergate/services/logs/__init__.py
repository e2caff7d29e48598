"""CloudWatch Logs: log groups as resources; their streams and events in the log store."""
