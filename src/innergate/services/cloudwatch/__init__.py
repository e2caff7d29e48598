"""CloudWatch metrics, as far as API Gateway's metrics and their readers need them.

`put_metrics` takes points, `metric_statistics` and `metric_data` give them by periods (`periods` sums them up),
`list_metrics` says which metrics there are. Points live in a store of their own (`Context.metrics`).
"""
