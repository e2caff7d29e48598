"""Hosts of a VPC that run on this machine: made for `innergate run` and `innergate exec`, gone with their holder."""

import re
from pathlib import Path
from typing import NamedTuple, final

import msgspec

from innergate.primitives.cidr import contains
from innergate.primitives.clock import Clock
from innergate.primitives.fault import Fault
from innergate.primitives.ids import IdSource, fresh_ec2_id
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.subnets import Subnet
from innergate.resources.vpcs import Vpc
from innergate.resources.workloads import Workload
from innergate.services.ec2.address_allocation import NewInterface, allocate_interface
from innergate.store.sqlite import SqliteStore
from innergate.store.transaction import Transaction

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,200}}\Z){_LABEL}(?:\.{_LABEL})*")


class WorkloadRefused(Exception):
    """The host cannot be made; the message says why and what to do."""


class WorkloadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a user asks for. `vpc` is an id or the Name tag of just one VPC; `ip` "" takes a free address."""

    vpc: str
    ip: str = ""
    name: str = ""
    command: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    working_directory: str = ""
    group_ids: tuple[str, ...] = ()
    holder_pid: int = 0


class Holder(NamedTuple):
    """A process, told apart from a later one of the same pid by when it started (clock ticks since boot)."""

    pid: int
    started: int


def holder_of(pid: int) -> Holder | None:
    """The process of that pid, or None where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in ("Z", "X") else Holder(pid, int(fields[19]))


def find_vpc(tx: Transaction, text: str) -> Vpc:
    """The VPC of that id or Name tag. Raises WorkloadRefused, listing what there is."""
    found = tx.get(Vpc, text)
    if found is not None:
        return found
    named = [vpc for vpc in tx.all(Vpc) if vpc.tags.get("Name") == text]
    if len(named) == 1:
        return named[0]
    if named:
        raise WorkloadRefused(
            f"{len(named)} VPCs are named {text!r}: say which by its id: {', '.join(v.id for v in named)}"
        )
    known = ", ".join(f"{vpc.id} ({vpc.tags.get('Name', 'no name')})" for vpc in tx.all(Vpc) if not vpc.is_default)
    raise WorkloadRefused(
        f"there is no VPC {text!r}. There are: {known or 'none yet; make one with aws ec2 create-vpc'}"
    )


@final
class Workloads:
    """Makes and removes workloads in the store; the network plan follows from that."""

    def __init__(self, store: SqliteStore, clock: Clock, ids: IdSource) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    def add(self, request: WorkloadRequest) -> Workload:
        """Makes the host, with an interface and an address. Raises WorkloadRefused."""
        if request.name and _NAME.fullmatch(request.name) is None:
            raise WorkloadRefused(
                f"{request.name!r} is no name that DNS takes: letters, digits, - and _, at most 63, "
                "or such parts with dots between"
            )
        holder = holder_of(request.holder_pid) if request.holder_pid else None
        with self._store.transaction() as tx:
            vpc = find_vpc(tx, request.vpc)
            subnet = _choose_subnet(tx, vpc, request.ip)
            self._make_way(tx, vpc, request)
            workload_id = fresh_ec2_id(self._ids, "wl")
            try:
                interface = allocate_interface(
                    tx,
                    self._ids,
                    self._clock,
                    subnet,
                    NewInterface(
                        address=request.ip or None,
                        group_ids=request.group_ids,
                        description=f"Innergate workload {request.name or workload_id}",
                        holder_kind="workload",
                        holder=workload_id,
                        instance_owner_id=vpc.account,
                        attachment_prefix="eni-attach",
                    ),
                )
            except Fault as fault:
                raise WorkloadRefused(f"{request.ip or 'an address'} in {subnet.id}: {fault.message}") from None
            workload = Workload(
                id=workload_id,
                account=vpc.account,
                region=vpc.region,
                vpc_id=vpc.id,
                subnet_id=subnet.id,
                address=interface.private_ip_address,
                name=request.name,
                created_at=self._clock.now(),
                command=request.command,
                environment=request.environment,
                working_directory=request.working_directory,
                group_ids=request.group_ids,
                holder_pid=holder.pid if holder else 0,
                holder_started=holder.started if holder else 0,
            )
            tx.put(workload)
        return workload

    def remove(self, workload_id: str) -> bool:
        """Removes the host; whether there was one of that id. Raises WorkloadRefused for a function's."""
        with self._store.transaction() as tx:
            workload = tx.get(Workload, workload_id)
            if workload is None:
                return False
            interfaces = tx.find(NetworkInterface, "holder", f"workload/{workload_id}")
            if any(interface.interface_type == "lambda" for interface in interfaces):
                raise WorkloadRefused(f"{workload_id} is the host of a function: {interfaces[0].description}")
            _delete(tx, workload)
        return True

    def remove_orphans(self) -> int:
        """Removes hosts whose holder has ended; how many."""
        state = self._store.state()
        orphans = [w for w in state.all(Workload) if w.holder_pid and not _lives(w)]
        if orphans:
            with self._store.transaction() as tx:
                for workload in orphans:
                    if tx.get(Workload, workload.id) is not None:
                        _delete(tx, workload)
        return len(orphans)

    def _make_way(self, tx: Transaction, vpc: Vpc, request: WorkloadRequest) -> None:
        """A new host of the same name replaces an older one whose holder has ended; a living one stays and is named."""
        for other in tx.find(Workload, "vpc", vpc.id):
            same = (request.name and other.name == request.name) or (request.ip and other.address == request.ip)
            if not same:
                continue
            if other.holder_pid and not _lives(other):
                _delete(tx, other)
            else:
                raise WorkloadRefused(
                    f"{other.address} in {vpc.id} is already the host {other.name or other.id}; "
                    f"stop it first: innergate stop {other.id}"
                )


def _lives(workload: Workload) -> bool:
    holder = holder_of(workload.holder_pid)
    return holder is not None and holder.started == workload.holder_started


def _delete(tx: Transaction, workload: Workload) -> None:
    for interface in tx.find(NetworkInterface, "holder", f"workload/{workload.id}"):
        tx.delete(interface)
    tx.delete(workload)


def _choose_subnet(tx: Transaction, vpc: Vpc, address: str) -> Subnet:
    subnets = tx.find(Subnet, "vpc", vpc.id)
    if not subnets:
        raise WorkloadRefused(
            f"{vpc.id} has no subnet; make one: aws ec2 create-subnet --vpc-id {vpc.id} --cidr-block …"
        )
    if not address:
        return subnets[0]
    fitting = [subnet for subnet in subnets if contains(subnet.cidr_block, address)]
    if not fitting:
        ranges = ", ".join(subnet.cidr_block for subnet in subnets)
        raise WorkloadRefused(f"{address} is in no subnet of {vpc.id}; its subnets are {ranges}")
    return fitting[0]
