"""The operations of CloudWatch."""

from innergate.resources.alarms import Alarm
from innergate.services.cloudwatch import alarm_tags, alarms, list_metrics, metric_data, metric_statistics, put_metrics
from innergate.services.cloudwatch.alarm_tags import resource_arn
from innergate.services.cloudwatch.alarms import alarm_arn, alarm_arns
from innergate.services.operation import Operations, read, write
from innergate.services.resource_tags import tagging_needs, tags_by_arn, with_tags

_OF_ALARMS: Operations = {
    "DeleteAlarms": write(alarms.delete, resource=alarm_arns),
    "DescribeAlarms": read(alarms.describe, resource=alarm_arns),
    "DescribeAlarmsForMetric": read(alarms.describe_for_metric, resource=alarm_arn),
    "DisableAlarmActions": write(alarms.disable_actions, resource=alarm_arns),
    "EnableAlarmActions": write(alarms.enable_actions, resource=alarm_arns),
    "ListTagsForResource": read(alarm_tags.list_all, resource=resource_arn),
    "PutMetricAlarm": tagging_needs(write(alarms.put, resource=alarm_arn), "cloudwatch:TagResource"),
    "SetAlarmState": write(alarms.set_state, resource=alarm_arn),
    "TagResource": write(alarm_tags.put, resource=resource_arn),
    "UntagResource": write(alarm_tags.remove, resource=resource_arn),
}

OPERATIONS: Operations = {
    "GetMetricData": read(metric_data.get),
    "GetMetricStatistics": read(metric_statistics.get),
    "ListMetrics": read(list_metrics.list_all),
    "PutMetricData": read(put_metrics.put),
    **with_tags(_OF_ALARMS, tags_by_arn({":alarm:": Alarm}, "aws")),
}
"""PutMetricData writes points, which are in a store of their own, and no resource."""
