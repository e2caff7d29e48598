"""Alarms on one metric: made, shown with their states, set, deleted.

# AWS differs: alarms' actions are records: a state is worked out when it is asked for, and nobody is told of it. The beginning
# of a state that has lasted for more than 60 periods moves on.
"""

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from innergate.primitives.arn import format_arn
from innergate.primitives.fault import Fault
from innergate.primitives.json_reading import read_json
from innergate.resources.alarms import Alarm, SetState
from innergate.services.cloudwatch.alarm_states import COMPARISONS, State, first_second, state_of
from innergate.services.cloudwatch.alarm_tags import added
from innergate.services.cloudwatch.faults import invalid_combination, invalid_value, missing
from innergate.services.cloudwatch.periods import STATISTICS, is_statistic
from innergate.services.cloudwatch.put_metrics import MAX_SIZE, dimensions_of
from innergate.services.context import Context, Params, Result
from innergate.store.metric_points import MetricKey

PAGE = 50
MAX_ALARMS = 5000
"""Of an account in a Region (CloudWatch User Guide, "Common features of alarms")."""
MAX_SPAN_S = 86_400
"""Period times evaluation periods, for periods below an hour (PutMetricAlarm, "EvaluationPeriods")."""
MAX_LONG_SPAN_S = 604_800
_NEEDED = ("MetricName", "Namespace", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator")
_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_LOW_SAMPLES = ("evaluate", "ignore")
_SHORT_PERIODS_S = (10, 20, 30)
"""PutMetricAlarm, "Period"."""
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
    """PutMetricAlarm: makes an alarm, or all of one but its tags and its state anew. Raises Fault."""
    name = params["AlarmName"]
    _check(params)
    known = context.tx.get(Alarm, arn_of(context, name))
    if known is None and len(context.tx.in_account(Alarm, context.account, context.region)) >= MAX_ALARMS:
        raise Fault("LimitExceeded", f"The maximum number of alarms ({MAX_ALARMS}) has been reached.")
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
        set_state=_kept_state(context, known) if known is not None else None,
        tags=known.tags if known is not None else added({}, params.get("Tags") or ()),
    )
    context.tx.put(alarm)
    return {}


def _kept_state(context: Context, alarm: Alarm) -> SetState:
    """The state that an alarm has, which it keeps until it is looked at as what it has become."""
    state = _state(context, alarm)
    return SetState(value=state.value, reason=state.reason, at=state.since, reason_data=state.reason_data)


def _check(params: Params) -> None:
    if params.get("Metrics") or params.get("ThresholdMetricId") or params.get("EvaluationCriteria"):
        raise invalid_combination("Alarms here watch one metric: metric math and anomaly detection are not available.")
    for member in _NEEDED:
        if params.get(member) is None:
            raise missing(f"The parameter {member} is required.")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in params["AlarmName"]):
        raise invalid_value("The value for parameter AlarmName must not contain control characters.")
    _check_comparison(params)
    _check_periods(params)
    if params.get("TreatMissingData") not in (None, *_TREATMENTS):
        raise invalid_value(f"TreatMissingData must be one of [{', '.join(_TREATMENTS)}].")
    if params.get("EvaluateLowSampleCountPercentile") not in (None, *_LOW_SAMPLES):
        raise invalid_value(f"EvaluateLowSampleCountPercentile must be one of [{', '.join(_LOW_SAMPLES)}].")


def _check_comparison(params: Params) -> None:
    if bool(params.get("Statistic")) is bool(params.get("ExtendedStatistic")):
        raise invalid_combination("Exactly one of Statistic and ExtendedStatistic must be specified.")
    if not is_statistic(params.get("Statistic") or params["ExtendedStatistic"]):
        raise invalid_value("The value for parameter ExtendedStatistic is not supported.")
    if params["ComparisonOperator"] not in COMPARISONS:
        raise invalid_value("Anomaly detection is not available: the threshold of an alarm is a number.")
    if math.isnan(params["Threshold"]) or abs(params["Threshold"]) > MAX_SIZE:
        raise invalid_value(f"The value {params['Threshold']} for parameter Threshold is invalid.")


def _check_periods(params: Params) -> None:
    period_s, periods = int(params["Period"]), int(params["EvaluationPeriods"])
    if period_s not in _SHORT_PERIODS_S and (period_s < 60 or period_s % 60):
        raise invalid_value("The parameter Period must be 10, 20, 30 or a multiple of 60.")
    if periods < 1 or not 1 <= params.get("DatapointsToAlarm", 1) <= periods:
        raise invalid_value("DatapointsToAlarm must be at least 1 and not greater than EvaluationPeriods.")
    if period_s * periods > (MAX_LONG_SPAN_S if period_s >= 3600 else MAX_SPAN_S):
        raise invalid_value("Metrics cannot be checked across more than a day (a week, by the hour).")


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
    found = (
        alarm
        for alarm in _own(context)
        if (not names or alarm.alarm_name in names)
        and alarm.alarm_name.startswith(prefix)
        and alarm.alarm_name > after
        and _acts(alarm, params.get("ActionPrefix", ""))
    )
    shown = list(islice(_in_state(context, found, params.get("StateValue")), size + 1))
    result: dict[str, Any] = {"MetricAlarms": shown[:size], "CompositeAlarms": []}
    return result | ({"NextToken": shown[size - 1]["AlarmName"]} if len(shown) > size else {})


def _in_state(context: Context, alarms: Iterator[Alarm], wanted: str | None) -> Iterator[dict[str, Any]]:
    """Those in a state, or all, as they are shown; none is worked out that nobody asks for."""
    for alarm in alarms:
        shown = _shown(context, alarm)
        if wanted in (None, shown["StateValue"]):
            yield shown


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


def _state(context: Context, alarm: Alarm) -> State:
    now = context.clock.now()
    key = MetricKey(alarm.account, alarm.region, alarm.namespace, alarm.metric_name, alarm.dimensions)
    now_s = int(now.timestamp())
    begin_s = first_second(alarm, now_s)
    if alarm.statistic in STATISTICS:
        return state_of(alarm, context.metrics.sums(key, begin_s, now_s, alarm.period_s), now)
    return state_of(alarm, context.metrics.read(key, begin_s, now_s), now)


def _shown(context: Context, alarm: Alarm) -> dict[str, Any]:
    state, is_plain = _state(context, alarm), alarm.statistic in STATISTICS
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
    """SetAlarmState: until the alarm is looked at the next time. Raises Fault ResourceNotFound, InvalidFormat."""
    alarm = context.tx.get(Alarm, arn_of(context, params["AlarmName"]))
    if alarm is None:
        raise _NO_ALARM
    now, data = context.clock.now(), params.get("StateReasonData")
    try:
        read_json(data or "{}")
    except (ValueError, RecursionError):
        raise Fault("InvalidFormat", "Data was not syntactically valid JSON.") from None
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
    """DeleteAlarms: those of the named that are there. Raises Fault ResourceNotFound if none is."""
    named = (context.tx.get(Alarm, arn_of(context, name)) for name in dict.fromkeys(params["AlarmNames"]))
    found = [alarm for alarm in named if alarm is not None]
    if not found:
        raise _NO_ALARM
    for alarm in found:
        context.tx.delete(alarm)
    return {}
