"""Alarms of CloudWatch: what a metric must not do. Their states are worked out from the metric's points when they are read."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import Resource
from innergate.resources.vpcs import Tags


class SetState(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A state that SetAlarmState has set, or that the alarm was in when it was changed; it holds until the next look."""

    value: str
    reason: str
    at: datetime
    reason_data: str | None = None


class Alarm(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is the ARN. `statistic` is a statistic or a percentile ("p99"). Its actions are a record: nobody is told."""

    kind: ClassVar[str] = "alarm"

    alarm_name: str
    namespace: str
    metric_name: str
    statistic: str
    period_s: int
    evaluation_periods: int
    threshold: float
    comparison_operator: str
    updated_at: datetime
    dimensions: tuple[tuple[str, str], ...] = ()
    datapoints_to_alarm: int | None = None
    treat_missing_data: str | None = None
    evaluate_low_sample_count_percentile: str | None = None
    unit: str | None = None
    description: str | None = None
    actions_enabled: bool = True
    alarm_actions: tuple[str, ...] = ()
    ok_actions: tuple[str, ...] = ()
    insufficient_data_actions: tuple[str, ...] = ()
    set_state: SetState | None = None
    tags: Tags = {}
