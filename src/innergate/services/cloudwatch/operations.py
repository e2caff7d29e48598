"""The operations of CloudWatch."""

from innergate.services.cloudwatch import alarms, list_metrics, metric_data, metric_statistics, put_metrics, tags
from innergate.services.cloudwatch.alarms import alarm_arn, alarm_arns
from innergate.services.cloudwatch.tags import resource_arn
from innergate.services.operation import Operations, read, write

OPERATIONS: Operations = {
    "DeleteAlarms": write(alarms.delete, resource=alarm_arns),
    "DescribeAlarms": read(alarms.describe),
    "DescribeAlarmsForMetric": read(alarms.describe_for_metric),
    "DisableAlarmActions": write(alarms.disable_actions, resource=alarm_arns),
    "EnableAlarmActions": write(alarms.enable_actions, resource=alarm_arns),
    "GetMetricData": read(metric_data.get),
    "GetMetricStatistics": read(metric_statistics.get),
    "ListMetrics": read(list_metrics.list_all),
    "ListTagsForResource": read(tags.list_all, resource=resource_arn),
    "PutMetricAlarm": write(alarms.put, resource=alarm_arn),
    "PutMetricData": read(put_metrics.put),
    "SetAlarmState": write(alarms.set_state, resource=alarm_arn),
    "TagResource": write(tags.put, resource=resource_arn),
    "UntagResource": write(tags.remove, resource=resource_arn),
}
"""PutMetricData writes points, which are in a store of their own, and no resource."""
