"""The operations of CloudWatch Logs."""

from innergate.resources.log_groups import LogGroup
from innergate.services.logs import log_events, log_groups, log_streams, resource_policies
from innergate.services.logs.log_groups import group_arn
from innergate.services.logs.log_streams import stream_arn
from innergate.services.operation import Operations, read, write
from innergate.services.resource_tags import tagging_needs, tags_by_arn, with_tags

_OPERATIONS: Operations = {
    "CreateLogGroup": tagging_needs(write(log_groups.create, resource=group_arn), "logs:TagResource", member="tags"),
    "CreateLogStream": write(log_streams.create, resource=stream_arn),
    "DeleteLogGroup": write(log_groups.delete, resource=group_arn),
    "DeleteLogStream": write(log_streams.delete, resource=stream_arn),
    "DeleteResourcePolicy": write(resource_policies.delete),
    "DeleteRetentionPolicy": write(log_groups.delete_retention, resource=group_arn),
    "DescribeLogGroups": read(log_groups.describe),
    "DescribeLogStreams": read(log_streams.describe, resource=stream_arn),
    "DescribeResourcePolicies": read(resource_policies.describe),
    "FilterLogEvents": read(log_events.search, resource=stream_arn),
    "GetLogEvents": read(log_events.get, resource=stream_arn),
    "ListTagsForResource": read(log_groups.list_resource_tags, resource=group_arn),
    "ListTagsLogGroup": read(log_groups.list_group_tags, resource=group_arn),
    "PutLogEvents": write(log_events.put, resource=stream_arn),
    "PutLogGroupDeletionProtection": write(log_groups.put_protection, resource=group_arn),
    "PutResourcePolicy": write(resource_policies.put),
    "PutRetentionPolicy": write(log_groups.put_retention, resource=group_arn),
    "TagLogGroup": write(log_groups.tag_group, resource=group_arn),
    "TagResource": write(log_groups.tag_resource, resource=group_arn),
    "UntagLogGroup": write(log_groups.untag_group, resource=group_arn),
    "UntagResource": write(log_groups.untag_resource, resource=group_arn),
}

OPERATIONS: Operations = with_tags(_OPERATIONS, tags_by_arn({":log-group:": LogGroup}, "aws"))
