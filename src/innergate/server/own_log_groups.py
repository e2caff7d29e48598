"""Log groups that services make themselves, when the first line is for them."""

from innergate.primitives.arn import format_arn
from innergate.primitives.clock import Clock
from innergate.primitives.ids import AccountId, Region
from innergate.resources.accounts import Account
from innergate.resources.log_groups import LogGroup
from innergate.store.log_events import LogKey, key_of_group
from innergate.store.sqlite import SqliteStore


def own_group(store: SqliteStore, clock: Clock, account: str, region: str, name: str) -> LogKey | None:
    """The group, made if it is missing; None where the account is gone."""
    # AWS differs: a service's log group is made whether or not its role may make log groups.
    arn = format_arn("logs", region, account, f"log-group:{name}")
    state = store.state()
    group = state.get(LogGroup, arn)
    if group is None and state.get(Account, account) is not None:
        with store.transaction() as tx:
            group = tx.get(LogGroup, arn)
            if group is None:
                group = LogGroup(
                    id=arn,
                    account=AccountId(account),
                    region=Region(region),
                    log_group_name=name,
                    created_at=clock.now(),
                )
                tx.put(group)
    return key_of_group(group) if group is not None else None
