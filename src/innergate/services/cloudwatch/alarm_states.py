"""The state of an alarm, from its metric's points.

CloudWatch User Guide, "Evaluating an alarm", "Configuring how CloudWatch alarms treat missing data", "Percentile-based alarms
and low data samples": of a range a little longer than the evaluation periods the newest points count; what is still missing
counts as the alarm says. The states of some periods before are worked out first, since missing data may mean that the state
stays.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import NamedTuple, final

from innergate.resources.alarms import Alarm
from innergate.services.cloudwatch.periods import STATISTICS, align, by_periods, statistic
from innergate.store.metric_points import Point

MORE_PERIODS = 2
"""How much longer than the evaluation periods the range is in which points are looked for."""
STEPS_BACK = 60
"""How many periods the state is followed back."""
FIRST_LOOK_S = 60
"""How soon an alarm that was made, changed or set is looked at, however long its period is."""
MAX_SHOWN = 5
"""Points in a reason."""
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
    """The state at an instant. `points` are the metric's from `first_second` on, summed up by periods or not."""
    seen = _Seen(alarm, points)
    began = alarm.set_state
    if began is not None:
        state = State(began.value, began.reason, began.at, began.reason_data)
    else:
        state = State("INSUFFICIENT_DATA", FIRST_REASON, alarm.updated_at)
    for at_s in _looks(alarm, max(state.since, alarm.updated_at).timestamp(), now.timestamp()):
        newest = seen.newest(at_s)
        value = _judge(alarm, seen, newest)
        if value not in (None, state.value):
            since = datetime.fromtimestamp(at_s, UTC)
            state = State(str(value), _reason(alarm, str(value), seen, newest), since)
    return state


def _looks(alarm: Alarm, from_s: float, now_s: float) -> Iterator[int]:
    """When the alarm is looked at: soon after it was changed, then at the end of each period."""
    every_s = min(alarm.period_s, FIRST_LOOK_S)
    first_s, last_s = align(from_s, every_s) + every_s, align(now_s, alarm.period_s)
    oldest_s = last_s - STEPS_BACK * alarm.period_s
    if oldest_s <= first_s <= now_s:
        yield first_s
    yield from range(max(align(first_s, alarm.period_s) + alarm.period_s, oldest_s), last_s + 1, alarm.period_s)


@final
class _Seen:
    """What the metric showed, by period, counted so that any stretch of it is judged at once."""

    def __init__(self, alarm: Alarm, points: Sequence[Point]) -> None:
        self._alarm = alarm
        found: dict[int, tuple[float, float]] = {}
        for point in by_periods(points, 0, alarm.period_s, alarm.unit or ""):
            value = statistic(point.summary, alarm.statistic)
            if value is not None:
                found[point.at_s] = value, point.summary.seen
        self.at_s = list(found)
        self.values = [value for value, _ in found.values()]
        self._beyond = list(accumulate((breaches(alarm, value) for value in self.values), initial=0))
        self._samples = list(accumulate((samples for _, samples in found.values()), initial=0.0))

    def newest(self, now_s: int) -> range:
        """Which points count at an instant, by their places."""
        end_s = align(now_s, self._alarm.period_s)
        begin_s = end_s - (self._alarm.evaluation_periods + MORE_PERIODS) * self._alarm.period_s
        begin, end = bisect_left(self.at_s, begin_s), bisect_left(self.at_s, end_s)
        return range(max(begin, end - self._alarm.evaluation_periods), end)

    def beyond(self, places: range) -> int:
        """How many of them are beyond the threshold."""
        return self._beyond[places.stop] - self._beyond[places.start]

    def samples(self, places: range) -> float:
        """How many values they stand for."""
        return self._samples[places.stop] - self._samples[places.start]


def _needed(alarm: Alarm) -> int:
    return alarm.datapoints_to_alarm or alarm.evaluation_periods


def _judge(alarm: Alarm, seen: _Seen, newest: range) -> str | None:
    """What the newest points say; None where the state stays."""
    if newest and _are_too_few(alarm, seen.samples(newest)):
        return None
    needed, beyond = _needed(alarm), seen.beyond(newest)
    missing, nothing_else = alarm.evaluation_periods - len(newest), beyond == len(newest)
    match alarm.treat_missing_data:
        case "breaching":
            return "ALARM" if beyond + missing >= needed else "OK"
        case "notBreaching":
            return "ALARM" if beyond >= needed else "OK"
        case "ignore":
            return "ALARM" if beyond >= needed else (None if nothing_else else "OK")
        case _:
            if not newest:
                return "INSUFFICIENT_DATA"
            return "ALARM" if beyond >= needed or nothing_else else "OK"


def _are_too_few(alarm: Alarm, samples: float) -> bool:
    """Whether there are fewer values than the alarm's percentile means anything of, and the alarm wants to wait for more."""
    if alarm.evaluate_low_sample_count_percentile != "ignore" or alarm.statistic in STATISTICS:
        return False
    share = float(alarm.statistic[1:]) / 100
    rest = min(share, 1 - share)
    return rest > 0 and samples < 10 / rest


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


def _reason(alarm: Alarm, value: str, seen: _Seen, newest: range) -> str:
    """AWS's sentence."""
    wanted, is_alarm = alarm.evaluation_periods, value == "ALARM"
    if value == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_counted(wanted, 'datapoint')} {_were(wanted)} unknown."
    telling = [place for place in reversed(newest) if breaches(alarm, seen.values[place]) is is_alarm]
    enough = _needed(alarm) if is_alarm else wanted - _needed(alarm) + 1
    if len(telling) < enough and alarm.treat_missing_data in ("breaching", "notBreaching"):
        received = _counted(len(newest), "datapoint") if newest else "no datapoints"
        missing, treated = wanted - len(newest), "Breaching" if is_alarm else "NonBreaching"
        return (
            f"Threshold Crossed: {received} {_were(len(newest))} received for {_counted(wanted, 'period')} and "
            f"{_counted(missing, 'missing datapoint')} {_were(missing)} treated as [{treated}]."
        )
    crossed, transition = _counted(len(telling), "datapoint"), ""
    if alarm.datapoints_to_alarm:
        way = "OK -> ALARM" if is_alarm else "ALARM -> OK"
        crossed = f"{len(telling)} out of the last {wanted} datapoints"
        transition = f" (minimum {_counted(enough, 'datapoint')} for {way} transition)"
    compared = f"{_were(len(telling))} {'' if is_alarm else 'not '}{COMPARISONS[alarm.comparison_operator]}"
    shown = ", ".join(
        f"{seen.values[place]} ({datetime.fromtimestamp(seen.at_s[place], UTC):%d/%m/%y %H:%M:%S})"
        for place in telling[:MAX_SHOWN]
    )
    if len(telling) < MAX_SHOWN:
        return f"Threshold Crossed: {crossed} [{shown}] {compared} the threshold ({alarm.threshold}){transition}."
    return (
        f"Threshold Crossed: {crossed} {compared} the threshold ({alarm.threshold}). The most recent datapoints which crossed "
        f"the threshold: [{shown}]{transition}."
    )


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
