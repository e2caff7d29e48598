"""The operations of CloudWatch Logs. Those of events and streams are not there: see `log_groups`."""

from innergate.services.logs import log_groups
from innergate.services.logs.log_groups import group_arn
from innergate.services.operation import Operations, read, write

OPERATIONS: Operations = {
    "CreateLogGroup": write(log_groups.create, resource=group_arn),
    "DeleteLogGroup": write(log_groups.delete, resource=group_arn),
    "DeleteRetentionPolicy": write(log_groups.delete_retention, resource=group_arn),
    "DescribeLogGroups": read(log_groups.describe),
    "ListTagsForResource": read(log_groups.list_resource_tags, resource=group_arn),
    "ListTagsLogGroup": read(log_groups.list_group_tags, resource=group_arn),
    "PutLogGroupDeletionProtection": write(log_groups.put_protection, resource=group_arn),
    "PutRetentionPolicy": write(log_groups.put_retention, resource=group_arn),
    "TagLogGroup": write(log_groups.tag_group, resource=group_arn),
    "TagResource": write(log_groups.tag_resource, resource=group_arn),
    "UntagLogGroup": write(log_groups.untag_group, resource=group_arn),
    "UntagResource": write(log_groups.untag_resource, resource=group_arn),
}
