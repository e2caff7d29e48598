"""CloudWatch Logs: log groups as records; their events are files of the node that wrote them."""
