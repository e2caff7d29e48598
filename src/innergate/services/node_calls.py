"""What an operation gives whose result only a process of the node can make (Invoke, TestInvokeMethod).

An operation runs inside a transaction and waits for nobody. So it checks everything and returns a `NodeCall`: the front makes
the call once the transaction has committed, and `finish` makes the operation's result of the answer.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from innergate.primitives.fault import Fault


class NodeAnswer(NamedTuple):
    """What the process answered; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NodeCall(NamedTuple):
    """An HTTP/1.1 call of a process that listens on the unix socket `<state>/run/<socket>.sock`.

    `finish` gives the operation's result, as its model has it; it sees no transaction, and may raise Fault. `unreachable` is
    what the caller hears where nobody listens, the process breaks off, or `timeout_s` passes. With `waits_for_node` the call is
    made once the node has all that the transaction wrote. Where it `streams`, an answer of success has no body yet when
    `finish` sees it: the body goes to the caller as it comes, in place of the result's payload.
    """

    socket: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    timeout_s: float
    finish: Callable[[NodeAnswer], Mapping[str, Any]]
    unreachable: Fault
    waits_for_node: bool = False
    streams: bool = False
