"""The periods of usage plans' quotas, in UTC (API Gateway developer guide, "Usage plans and API keys for REST APIs")."""

from datetime import date, timedelta


def period_start(period: str, day: date) -> date:
    """The first day of the DAY, WEEK or MONTH that `day` is in: the day itself, the week's Sunday, the month's first."""
    match period:
        case "WEEK":
            return day - timedelta(days=(day.weekday() + 1) % 7)
        case "MONTH":
            return day.replace(day=1)
        case _:
            return day
