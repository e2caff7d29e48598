"""The state of an alarm, from its metric's points.

CloudWatch User Guide, "Evaluating an alarm", "Configuring how CloudWatch alarms treat missing data": of a range a little longer
than the evaluation periods the newest points count; what is still missing counts as the alarm says. The states of some periods
before are worked out first, since missing data may mean that the state stays.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from innergate.resources.alarms import Alarm
from innergate.services.cloudwatch.periods import align, by_periods, statistic
from innergate.store.metric_points import Point

MORE_PERIODS = 2
"""How much longer than the evaluation periods the range is in which points are looked for."""
STEPS_BACK = 60
"""How many periods the state is followed back."""
FIRST_REASON = "Unchecked: Initial alarm creation"
COMPARISONS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


class State(NamedTuple):
    """`value` is OK, ALARM or INSUFFICIENT_DATA, `since` when it became so."""

    value: str
    reason: str
    since: datetime
    reason_data: str | None = None


def first_second(alarm: Alarm, now_s: int) -> int:
    """From when on the alarm's state needs points."""
    return align(now_s, alarm.period_s) - (STEPS_BACK + alarm.evaluation_periods + MORE_PERIODS) * alarm.period_s


def state_of(alarm: Alarm, points: Sequence[Point], now: datetime) -> State:
    """The state at an instant. `points` are the metric's from `first_second` on."""
    period_s = alarm.period_s
    found = by_periods(points, 0, period_s, alarm.unit or "")
    values = {point.at_s: value for point in found if (value := statistic(point.summary, alarm.statistic)) is not None}
    began = alarm.set_state
    if began is not None:
        state = State(began.value, began.reason, began.at, began.reason_data)
    else:
        state = State("INSUFFICIENT_DATA", FIRST_REASON, alarm.updated_at)
    last_s = align(now.timestamp(), period_s)
    first_s = max(align(state.since.timestamp(), period_s) + period_s, last_s - STEPS_BACK * period_s)
    for at_s in range(first_s, last_s + 1, period_s):
        state = _step(alarm, values, at_s, state)
    return state


def _step(alarm: Alarm, values: Mapping[int, float], at_s: int, before: State) -> State:
    """The state after the period that ends at `at_s`."""
    wanted, period_s = alarm.evaluation_periods, alarm.period_s
    places = range(at_s - period_s, at_s - (wanted + MORE_PERIODS + 1) * period_s, -period_s)
    real = [(place, values[place]) for place in places if place in values][:wanted]
    value = _judge(alarm, [breaches(alarm, number) for _, number in real])
    if value in (None, before.value):
        return before
    return State(str(value), _reason(alarm, str(value), real), datetime.fromtimestamp(at_s, UTC))


def _judge(alarm: Alarm, breaching: Sequence[bool]) -> str | None:
    """What the newest points say; None where the state stays."""
    needed = alarm.datapoints_to_alarm or alarm.evaluation_periods
    beyond, missing = sum(breaching), alarm.evaluation_periods - len(breaching)
    nothing_else = beyond == len(breaching)
    match alarm.treat_missing_data:
        case "breaching":
            return "ALARM" if beyond + missing >= needed else "OK"
        case "notBreaching":
            return "ALARM" if beyond >= needed else "OK"
        case "ignore":
            return "ALARM" if beyond >= needed else (None if nothing_else else "OK")
        case _:
            if not breaching:
                return "INSUFFICIENT_DATA"
            return "ALARM" if beyond >= needed or nothing_else else "OK"


def breaches(alarm: Alarm, value: float) -> bool:
    """Whether a value is beyond the threshold."""
    match alarm.comparison_operator:
        case "GreaterThanThreshold":
            return value > alarm.threshold
        case "GreaterThanOrEqualToThreshold":
            return value >= alarm.threshold
        case "LessThanThreshold":
            return value < alarm.threshold
        case _:
            return value <= alarm.threshold


def _reason(alarm: Alarm, value: str, real: Sequence[tuple[int, float]]) -> str:
    """AWS's sentence."""
    if value == "INSUFFICIENT_DATA":
        unknown = alarm.evaluation_periods
        return f"Insufficient Data: {_counted(unknown)} {'was' if unknown == 1 else 'were'} unknown."
    if not real:
        treated = "Breaching" if value == "ALARM" else "NonBreaching"
        return (
            f"Threshold Crossed: no datapoints were received for {_periods(alarm)} and {_periods(alarm)} "
            f"{'was' if alarm.evaluation_periods == 1 else 'were'} treated as [{treated}]."
        )
    shown = ", ".join(f"{number} ({datetime.fromtimestamp(at_s, UTC):%d/%m/%y %H:%M:%S})" for at_s, number in real)
    verb = "was" if len(real) == 1 else "were"
    negated = "" if value == "ALARM" else "not "
    compared = COMPARISONS[alarm.comparison_operator]
    return f"Threshold Crossed: {_counted(len(real))} [{shown}] {verb} {negated}{compared} the threshold ({alarm.threshold})."


def _counted(count: int) -> str:
    return "1 datapoint" if count == 1 else f"{count} datapoints"


def _periods(alarm: Alarm) -> str:
    return "1 period" if alarm.evaluation_periods == 1 else f"{alarm.evaluation_periods} periods"
