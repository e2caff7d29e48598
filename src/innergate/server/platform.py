"""One running platform as its parts; the operator's questions are answered here."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, final

import msgspec

from innergate import __version__
from innergate.observe.api_ids import check_api
from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.observe.explain_owners import account_of_fix, names_of
from innergate.observe.failure_reasons import find_reason
from innergate.observe.why import explain_failure
from innergate.primitives.clock import Clock
from innergate.primitives.ids import AccountId, IdSource
from innergate.primitives.json_value import JsonValue
from innergate.primitives.no_such_thing import NoSuchThing
from innergate.resources.accounts import Account
from innergate.resources.identities import AccessKey
from innergate.resources.rest_apis import RestApi
from innergate.resources.vpcs import Vpc
from innergate.resources.workloads import Workload
from innergate.server.certificates import CertificateAuthority, PlatformSecrets
from innergate.server.control_loop import ControlLoop
from innergate.server.failure_file import open_failure_file
from innergate.server.node_link import NodeLink
from innergate.server.node_reports import NodeReports
from innergate.server.observed import LatestChecks, PlatformObservations
from innergate.server.public_entry import PublicEntry
from innergate.server.settings import NODE, Settings
from innergate.server.start_memory import StartMemoryKeeper
from innergate.server.workloads import Workloads, find_vpc
from innergate.services.ec2.deleted_records import expired_records, forget_expired_records
from innergate.services.organizations.make_account import make_account
from innergate.store.log_store import LogStore
from innergate.store.metric_store import MetricStore
from innergate.store.sqlite import SqliteStore
from innergate.xds.server import XdsServer

SHOWN_FAILURES = 20
DEFAULT_REGION = "us-east-1"


class Parts(NamedTuple):
    """What a platform is made of."""

    settings: Settings
    clock: Clock
    ids: IdSource
    store: SqliteStore
    logs: LogStore
    authority: CertificateAuthority
    secrets: PlatformSecrets
    observations: PlatformObservations
    node: NodeLink
    reports: NodeReports
    xds: XdsServer
    loop: ControlLoop
    metrics: MetricStore
    keeper: StartMemoryKeeper


@final
class Platform:
    """The operator's view of the parts. Its methods raise NoSuchThing with a message for a person."""

    def __init__(self, parts: Parts, public_entry: PublicEntry) -> None:
        self._parts = parts
        self.public_entry = public_entry
        self.store = parts.store
        self._checks = LatestChecks(parts.store, parts.clock)
        self.workloads = Workloads(parts.store, parts.clock, parts.ids)
        self.listen_port = parts.settings.listen_port
        self.front_is_up = False
        self.failures = open_failure_file(parts.settings)

    @property
    def endpoint_url(self) -> str:
        """The base URL of the AWS front."""
        host = self._parts.settings.listen_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.listen_port}"

    @property
    def set_aside(self) -> tuple[Path, ...]:
        """Where damaged files of logs and metrics are now, in whose place this start has begun others."""
        return tuple(
            place for place in (self._parts.logs.set_aside, self._parts.metrics.set_aside) if place is not None
        )

    @property
    def ending_authority(self) -> datetime | None:
        """When the platform's certificate authority ends, if that is soon."""
        authority = self._parts.authority
        return authority.ends_at if authority.is_ending else None

    # -- what runs --------------------------------------------------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """Whether the front answers without waiting for a file, and every executor has taken the newest revision."""
        is_served = self._parts.loop.applied_revision >= self.store.state().revision
        return self.front_is_up and is_served and self.store.state().is_read

    def status(self) -> dict[str, JsonValue]:
        """What runs, in one table's worth of values."""
        parts, state = self._parts, self.store.state()
        envoy = parts.reports.envoy
        return {
            "version": __version__,
            "ready": self.is_ready,
            "endpoint": self.endpoint_url,
            "public": {"address": self.public_entry.address, "problem": self.public_entry.problem},
            "auth": parts.settings.auth,
            "state": str(parts.settings.state),
            "pid": os.getpid(),
            "revision": state.revision,
            "applied_revision": parts.loop.applied_revision,
            "agent": {"connected": parts.node.is_connected, "pid": parts.node.agent_pid},
            "envoy": {
                "connected": NODE in parts.xds.connected_nodes,
                "running": envoy.is_running if envoy else False,
                "pid": envoy.pid if envoy else 0,
                "starts": envoy.starts if envoy else 0,
                "version": envoy.version if envoy else "",
            },
            "counts": {
                "accounts": state.count(Account),
                "vpcs": len([v for v in state.all(Vpc) if not v.is_default]),
                "apis": state.count(RestApi),
                "workloads": state.count(Workload),
            },
            "refusals": self.refusals(),
            "diagnostics": len(self.diagnostics()),
        }

    def refusals(self) -> list[dict[str, str]]:
        """What executors said no to."""
        of_node = [{"subject": s, "reason": r, "by": "agent"} for s, r in sorted(self._parts.node.refusals.items())]
        of_envoy = [
            {"subject": s, "reason": r, "by": "envoy"} for s, r in sorted(self._parts.reports.envoy_refusals.items())
        ]
        return of_node + of_envoy

    def diagnostics(self) -> list[dict[str, JsonValue]]:
        """What compile left out, and why; with `fix_by`, the account that the fix is for."""
        compilation, state = self._parts.loop.compilation, self.store.state()
        found = compilation.diagnostics if compilation else ()
        return [{**msgspec.to_builtins(d), "fix_by": account_of_fix(state, d.fix)} for d in found]

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """What people call those accounts and VPCs."""
        return names_of(self.store.state(), ids)

    async def wait_network(self, revision: int, timeout_s: float) -> bool:
        """Whether the node's kernel has taken `revision` in time."""
        return await self._parts.node.wait_networks(revision, timeout_s)

    async def wait_applied(self, revision: int, timeout_s: float) -> bool:
        """Whether every executor has taken `revision` in time."""
        return await self._parts.loop.wait_applied(revision, timeout_s)

    def forget_deleted(self) -> int:
        """Removes records of what was deleted and is described no more; how many."""
        now = self._parts.clock.now()
        if next(expired_records(self.store.state(), now), None) is None:
            return 0
        with self.store.transaction() as tx:
            return forget_expired_records(tx, now)

    # -- accounts ---------------------------------------------------------------------------------------------------------

    def ensure_management_account(self) -> None:
        """Makes the platform's own first account if there is none yet."""
        if not self.store.state().all(Account):
            with self.store.transaction() as tx:
                make_account(tx, self._parts.clock, self._parts.ids, "management")

    def accounts(self) -> list[dict[str, JsonValue]]:
        """Every account, oldest first."""
        return [
            {"id": a.id, "name": a.name, "email": a.email, "management": a.is_management}
            for a in self.store.state().all(Account)
        ]

    def add_account(self, name: str, account_id: str) -> dict[str, JsonValue]:
        """Makes an account; with the same name and id as an existing one it gives that one."""
        if not name.strip() or not name.isprintable():
            raise NoSuchThing(f"an account is called something that can be read; got {name!r}")
        if account_id and not (len(account_id) == 12 and account_id.isascii() and account_id.isdigit()):
            raise NoSuchThing(f"an account id has 12 digits; {account_id!r} has not")
        with self.store.transaction() as tx:
            for account in tx.all(Account):
                if account.name == name and account_id in ("", account.id):
                    return {"id": account.id, "name": account.name, "made": False}
                if account_id == account.id or name == account.name:
                    raise NoSuchThing(
                        f"there is an account {account.name} ({account.id}) already; choose another name and id"
                    )
            made = make_account(
                tx, self._parts.clock, self._parts.ids, name, AccountId(account_id) if account_id else None
            )
        return {"id": made.id, "name": made.name, "made": True}

    def environment(self, account: str) -> dict[str, str]:
        """The variables that an AWS client of the account (by name or id) needs."""
        state = self.store.state()
        found = next((a for a in state.all(Account) if account in (a.id, a.name)), None)
        if found is None:
            known = ", ".join(f"{a.name} ({a.id})" for a in state.all(Account))
            raise NoSuchThing(
                f"there is no account {account!r}. There are: {known}. Make one: innergate account add NAME"
            )
        key = state.get(AccessKey, found.operator_key_id)
        if key is None:
            raise NoSuchThing(f"account {found.name} has no operator key any more; make a key with IAM")
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": key.id,
            "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
            "AWS_REGION": DEFAULT_REGION,
            "AWS_DEFAULT_REGION": DEFAULT_REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "INNERGATE_STATE": str(self._parts.settings.state),
        }

    # -- hosts and explanations -------------------------------------------------------------------------------------------

    def namespace_of(self, workload_id: str) -> str:
        """The name of a host's network namespace."""
        return f"{self._parts.settings.namespace_prefix}{workload_id}"

    def workload_rows(self) -> list[dict[str, JsonValue]]:
        """Every host with what its process does."""
        rows: list[dict[str, JsonValue]] = []
        for workload in self.store.state().all(Workload):
            seen = self._parts.reports.workloads.get(workload.id)
            rows.append(
                {
                    "id": workload.id,
                    "name": workload.name,
                    "vpc": workload.vpc_id,
                    "address": workload.address,
                    "command": list(workload.command),
                    "running": seen.is_running if seen else bool(workload.holder_pid),
                    "pid": seen.pid if seen else workload.holder_pid,
                }
            )
        return rows

    def vpc_id(self, text: str) -> str:
        """The id of the VPC of that id or Name tag, "" for ""."""
        if not text:
            return ""
        with self.store.reading() as tx:
            return find_vpc(tx, text).id

    def simulate(
        self, method: str, target: str, from_vpc: str, headers: Mapping[str, str], source_address: str
    ) -> dict[str, JsonValue]:
        """What would happen to one request: hops, the policy's decision, the cause of a failure."""
        if "://" not in target:
            self.refuse_unknown_api(target.partition("/")[0])
        now = self._parts.clock.now()
        request = CallRequest(target, self.vpc_id(from_vpc), method, headers, source_address, now)
        explanation = simulate(self.store.state(), request, self._checks, str(self._parts.settings.ca_bundle))
        return dict(msgspec.to_builtins(explanation))

    def refuse_unknown_api(self, api_id: str) -> None:
        """Raises NoSuchThing where there is no such API, and says which there are."""
        check_api(self.store.state(), api_id)

    def why(self, request_id: str) -> dict[str, JsonValue]:
        """Why the call with that request id failed."""
        failure = self.failures.find(request_id)
        if failure is None:
            raise NoSuchThing(
                f"no answer of 400 or more has the request id {request_id!r}; `innergate why` lists the last ones"
            )
        found = explain_failure(self.store.state(), failure, self._checks, str(self._parts.settings.ca_bundle))
        return dict(msgspec.to_builtins(found))

    def list_failures(self) -> list[dict[str, JsonValue]]:
        """The last failures with their reasons, the newest first."""
        state = self.store.state()
        return [
            {**msgspec.to_builtins(failure), "reason": msgspec.to_builtins(find_reason(state, failure))}
            for failure in self.failures.newest(SHOWN_FAILURES)
        ]
