"""Alarms on one metric: made, shown with their states, set, deleted.

# AWS differs: alarms' actions are records, since there are no topics to tell; a state is worked out when it is asked for.
"""

from typing import Any

import msgspec

from innergate.primitives.arn import format_arn
from innergate.primitives.fault import Fault
from innergate.resources.alarms import Alarm, SetState
from innergate.services.cloudwatch.alarm_states import COMPARISONS, first_second, state_of
from innergate.services.cloudwatch.faults import invalid_combination, invalid_value, missing
from innergate.services.cloudwatch.periods import STATISTICS, check_period, is_statistic
from innergate.services.cloudwatch.put_metrics import dimensions_of
from innergate.services.context import Context, Params, Result
from innergate.store.metric_points import MetricKey

PAGE = 50
MAX_SPAN_S = 86_400
"""Period times evaluation periods, for periods below an hour (PutMetricAlarm, "EvaluationPeriods")."""
MAX_LONG_SPAN_S = 604_800
_NEEDED = ("MetricName", "Namespace", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator")
_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_NO_ALARM = Fault("ResourceNotFound", "Alarm not found", 404)


def alarm_arn(context: Context, params: Params) -> str:
    """What IAM checks an operation on one alarm on."""
    return arn_of(context, str(params.get("AlarmName", "*")))


def alarm_arns(context: Context, params: Params) -> list[str]:
    """The same of operations that name several."""
    return [arn_of(context, name) for name in params.get("AlarmNames") or ["*"]]


def arn_of(context: Context, name: str) -> str:
    """The ARN of the caller's alarm."""
    return format_arn("cloudwatch", context.region, context.account, f"alarm:{name}")


def put(context: Context, params: Params) -> Result:
    """PutMetricAlarm: makes an alarm, or all of one but its tags anew. Raises Fault."""
    name = params["AlarmName"]
    _check(params)
    known = context.tx.get(Alarm, arn_of(context, name))
    tags = known.tags if known is not None else {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}
    alarm = Alarm(
        id=arn_of(context, name),
        account=context.account,
        region=context.region,
        alarm_name=name,
        namespace=params["Namespace"],
        metric_name=params["MetricName"],
        statistic=params.get("Statistic") or params["ExtendedStatistic"],
        period_s=params["Period"],
        evaluation_periods=params["EvaluationPeriods"],
        threshold=float(params["Threshold"]),
        comparison_operator=params["ComparisonOperator"],
        updated_at=context.clock.now(),
        dimensions=dimensions_of(params.get("Dimensions")),
        datapoints_to_alarm=params.get("DatapointsToAlarm"),
        treat_missing_data=params.get("TreatMissingData"),
        evaluate_low_sample_count_percentile=params.get("EvaluateLowSampleCountPercentile"),
        unit=params.get("Unit"),
        description=params.get("AlarmDescription"),
        actions_enabled=bool(params.get("ActionsEnabled", True)),
        alarm_actions=tuple(params.get("AlarmActions") or ()),
        ok_actions=tuple(params.get("OKActions") or ()),
        insufficient_data_actions=tuple(params.get("InsufficientDataActions") or ()),
        set_state=known.set_state if known is not None else None,
        tags=tags,
    )
    context.tx.put(alarm)
    return {}


def _check(params: Params) -> None:
    if params.get("Metrics") or params.get("ThresholdMetricId") or params.get("EvaluationCriteria"):
        raise invalid_combination("Alarms here watch one metric: metric math and anomaly detection are not available.")
    for member in _NEEDED:
        if params.get(member) is None:
            raise missing(f"The parameter {member} is required.")
    if bool(params.get("Statistic")) is bool(params.get("ExtendedStatistic")):
        raise invalid_combination("Exactly one of Statistic and ExtendedStatistic must be specified.")
    if not is_statistic(params.get("Statistic") or params["ExtendedStatistic"]):
        raise invalid_value("The value for parameter ExtendedStatistic is not supported.")
    if params["ComparisonOperator"] not in COMPARISONS:
        raise invalid_value("Anomaly detection is not available: the threshold of an alarm is a number.")
    period_s, periods = int(params["Period"]), int(params["EvaluationPeriods"])
    check_period(period_s)
    if periods < 1 or not 1 <= params.get("DatapointsToAlarm", 1) <= periods:
        raise invalid_value("DatapointsToAlarm must be at least 1 and not greater than EvaluationPeriods.")
    if period_s * periods > (MAX_LONG_SPAN_S if period_s >= 3600 else MAX_SPAN_S):
        raise invalid_value("Metrics cannot be checked across more than a day (a week, by the hour).")
    if params.get("TreatMissingData") not in (None, *_TREATMENTS):
        raise invalid_value(f"TreatMissingData must be one of [{', '.join(_TREATMENTS)}].")


def describe(context: Context, params: Params) -> Result:
    """DescribeAlarms, by name. Composite alarms and those of logs are not there."""
    names, prefix = params.get("AlarmNames") or (), params.get("AlarmNamePrefix", "")
    if names and prefix:
        raise invalid_combination("AlarmNamePrefix and AlarmNames cannot be specified together.")
    if params.get("ChildrenOfAlarmName") or params.get("ParentsOfAlarmName"):
        return {"MetricAlarms": [], "CompositeAlarms": []}
    if "MetricAlarm" not in (params.get("AlarmTypes") or ("MetricAlarm",)):
        return {"MetricAlarms": [], "CompositeAlarms": []}
    after, size = params.get("NextToken", ""), int(params.get("MaxRecords", PAGE))
    found = [
        alarm
        for alarm in _own(context)
        if (not names or alarm.alarm_name in names)
        and alarm.alarm_name.startswith(prefix)
        and alarm.alarm_name > after
        and _acts(alarm, params.get("ActionPrefix", ""))
    ]
    shown = [_shown(context, alarm) for alarm in found]
    wanted = params.get("StateValue")
    shown = [alarm for alarm in shown if wanted in (None, alarm["StateValue"])]
    result: dict[str, Any] = {"MetricAlarms": shown[:size], "CompositeAlarms": []}
    return result | ({"NextToken": shown[size - 1]["AlarmName"]} if len(shown) > size else {})


def _acts(alarm: Alarm, prefix: str) -> bool:
    actions = (*alarm.alarm_actions, *alarm.ok_actions, *alarm.insufficient_data_actions)
    return not prefix or any(action.startswith(prefix) for action in actions)


def describe_for_metric(context: Context, params: Params) -> Result:
    """DescribeAlarmsForMetric."""
    dimensions = dimensions_of(params.get("Dimensions"))
    asked = params.get("Statistic") or params.get("ExtendedStatistic")
    found = [
        alarm
        for alarm in _own(context)
        if (alarm.namespace, alarm.metric_name, alarm.dimensions)
        == (params["Namespace"], params["MetricName"], dimensions)
        and asked in (None, alarm.statistic)
        and params.get("Period") in (None, alarm.period_s)
        and params.get("Unit") in (None, alarm.unit)
    ]
    return {"MetricAlarms": [_shown(context, alarm) for alarm in found]}


def _own(context: Context) -> list[Alarm]:
    alarms = context.tx.in_account(Alarm, context.account, context.region)
    return sorted(alarms, key=lambda alarm: alarm.alarm_name)


def _shown(context: Context, alarm: Alarm) -> dict[str, Any]:
    now = context.clock.now()
    key = MetricKey(alarm.account, alarm.region, alarm.namespace, alarm.metric_name, alarm.dimensions)
    points = context.metrics.read(key, first_second(alarm, int(now.timestamp())), int(now.timestamp()))
    state = state_of(alarm, points, now)
    is_plain = alarm.statistic in STATISTICS
    return {
        "AlarmName": alarm.alarm_name,
        "AlarmArn": alarm.id,
        "AlarmDescription": alarm.description,
        "AlarmConfigurationUpdatedTimestamp": alarm.updated_at,
        "ActionsEnabled": alarm.actions_enabled,
        "OKActions": list(alarm.ok_actions),
        "AlarmActions": list(alarm.alarm_actions),
        "InsufficientDataActions": list(alarm.insufficient_data_actions),
        "StateValue": state.value,
        "StateReason": state.reason,
        "StateReasonData": state.reason_data,
        "StateUpdatedTimestamp": state.since,
        "StateTransitionedTimestamp": state.since,
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "Statistic": alarm.statistic if is_plain else None,
        "ExtendedStatistic": None if is_plain else alarm.statistic,
        "Dimensions": [{"Name": name, "Value": value} for name, value in alarm.dimensions],
        "Period": alarm.period_s,
        "Unit": alarm.unit,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison_operator,
        "TreatMissingData": alarm.treat_missing_data,
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile,
    }


def set_state(context: Context, params: Params) -> Result:
    """SetAlarmState: until the end of the period. Raises Fault ResourceNotFound."""
    alarm = context.tx.get(Alarm, arn_of(context, params["AlarmName"]))
    if alarm is None:
        raise _NO_ALARM
    now, data = context.clock.now(), params.get("StateReasonData")
    state = SetState(value=params["StateValue"], reason=params["StateReason"], at=now, reason_data=data)
    context.tx.put(msgspec.structs.replace(alarm, set_state=state))
    return {}


def enable_actions(context: Context, params: Params) -> Result:
    """EnableAlarmActions."""
    return _with_actions(context, params, True)


def disable_actions(context: Context, params: Params) -> Result:
    """DisableAlarmActions."""
    return _with_actions(context, params, False)


def _with_actions(context: Context, params: Params, enabled: bool) -> Result:
    for name in params["AlarmNames"]:
        alarm = context.tx.get(Alarm, arn_of(context, name))
        if alarm is not None:
            context.tx.put(msgspec.structs.replace(alarm, actions_enabled=enabled))
    return {}


def delete(context: Context, params: Params) -> Result:
    """DeleteAlarms: all that are named. Raises Fault ResourceNotFound if one is not there; then none is deleted."""
    for name in dict.fromkeys(params["AlarmNames"]):
        alarm = context.tx.get(Alarm, arn_of(context, name))
        if alarm is None:
            raise _NO_ALARM
        context.tx.delete(alarm)
    return {}
