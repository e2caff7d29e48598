"""The periods of usage plans' quotas, in UTC (API Gateway developer guide, "Usage plans and API keys for REST APIs")."""

from datetime import date, timedelta


def period_start(period: str, day: date, offset: int = 0) -> date:
    """The first day of the DAY, WEEK or MONTH that `day` is in: the day itself, the week's Sunday, the month's first, or
    `offset` days after that, at most 6 and 27 ("The day that a time period starts. For example, with a time period of WEEK,
    an offset of 0 starts on Sunday, and an offset of 1 starts on Monday", QuotaSettings in AWS's SDKs)."""
    match period:
        case "WEEK":
            return day - timedelta(days=(day.weekday() + 1 - offset) % 7)
        case "MONTH":
            in_month = day if day.day > offset else day.replace(day=1) - timedelta(days=1)
            return in_month.replace(day=offset + 1)
        case _:
            return day
