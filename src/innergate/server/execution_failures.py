"""Execution logs of calls that Envoy ended by itself, from its records: the rest of these logs is what workers write."""

from typing import final

from innergate.compile.emit.envoy.access_logs import CANARY_FIELD
from innergate.compile.resolve.api_throttles import named_settings
from innergate.observe.access_records import Record
from innergate.observe.execution_failures import failure_lines
from innergate.plans.runtime import execution_log_group, log_groups_of
from innergate.primitives.clock import Clock
from innergate.primitives.digest import digest_text
from innergate.resources.api_accounts import ApiGatewayAccount
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage
from innergate.server.own_log_groups import own_group
from innergate.store.log_events import LogKey
from innergate.store.sqlite import SqliteStore
from innergate.store.state import State


@final
class ExecutionFailures:
    """Finds a record's lines and where they go."""

    def __init__(self, store: SqliteStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def lines(self, state: State, record: Record) -> tuple[tuple[LogKey, ...], str, tuple[str, ...]] | None:
        """The groups, the stream and the messages; None where there is nothing to say, or nobody asked for it."""
        stage = state.get(Stage, f"{record.get('apiId')}/{record.get('stage')}")
        if stage is None or not stage.method_settings:
            return None
        api = state.get(RestApi, stage.rest_api_id)
        if api is None or not _is_logged(state, api, stage, record):
            return None
        masked = f"arn:aws:execute-api:{api.region}:********{api.account[-4:]}:{stage.id}"
        said = failure_lines(record, masked)
        if not said:
            return None
        names = log_groups_of(execution_log_group(api.id, stage.stage_name), is_canary=bool(record.get(CANARY_FIELD)))
        groups = (own_group(self._store, self._clock, api.account, api.region, name) for name in names)
        return tuple(group for group in groups if group is not None), digest_text(f"{stage.id}/envoy", 32), said


def _is_logged(state: State, api: RestApi, stage: Stage, record: Record) -> bool:
    account = state.get(ApiGatewayAccount, f"{api.account}/{api.region}")
    if account is None or not account.cloudwatch_role_arn:
        return False
    settings = named_settings(stage, str(record.get("resourcePath")), str(record.get("httpMethod")))
    return settings.get("logging/loglevel") in ("ERROR", "INFO")
