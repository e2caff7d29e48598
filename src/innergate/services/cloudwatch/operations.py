"""The operations of CloudWatch."""

from innergate.services.cloudwatch import list_metrics, metric_data, metric_statistics, put_metrics
from innergate.services.operation import Operations, read

OPERATIONS: Operations = {
    "GetMetricData": read(metric_data.get),
    "GetMetricStatistics": read(metric_statistics.get),
    "ListMetrics": read(list_metrics.list_all),
    "PutMetricData": read(put_metrics.put),
}
"""PutMetricData writes points, which are in a store of their own, and no resource."""
