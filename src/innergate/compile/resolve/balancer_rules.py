"""What an application load balancer's listener does with requests: its rules in the order of priority, the default one last."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from innergate.compile.resolve.path import Path
from innergate.compile.resolve.paths import resolve_forward
from innergate.compile.view import Reader
from innergate.primitives.json_value import JsonValue
from innergate.resources.load_balancers import Action, Forward, Listener, ListenerRule, LoadBalancer
from innergate.resources.target_groups import TargetGroup

DEFAULT_STICKINESS_S = 86400
"""stickiness.lb_cookie.duration_seconds (TargetGroupAttribute in the elbv2 service model)."""

_EXECUTED = ("forward", "redirect", "fixed-response")


class Condition(NamedTuple):
    """One condition of a rule: some of `values` must match. `field` is AWS's ("host-header", ...), `name` the header's; a
    query-string condition has (key, value) in `pairs`, the key "" where any will do."""

    field: str
    values: tuple[str, ...] = ()
    name: str = ""
    pairs: tuple[tuple[str, str], ...] = ()


class ForwardPlan(NamedTuple):
    """To the legs of `path`, in the proportion of their weights; nobody is there where it has none."""

    path: Path
    sticky_group_s: int = 0
    """How long a client stays with the target group that it was given, 0 for not at all."""
    sticky_targets_s: tuple[tuple[str, int], ...] = ()
    """The same for targets: (target group's ARN, how long), where it is not 0."""


class RedirectPlan(NamedTuple):
    """To another address; #{protocol}, #{host}, #{port}, #{path} and #{query} stand for the request's own."""

    status: int
    protocol: str
    host: str
    port: str
    path: str
    query: str


class AnswerPlan(NamedTuple):
    """A fixed response."""

    status: int
    content_type: str
    body: str


class RefusalPlan(NamedTuple):
    """What is not done here, so that nothing passes."""

    reason: str


ActionPlan: TypeAlias = ForwardPlan | RedirectPlan | AnswerPlan | RefusalPlan


class RulePlan(NamedTuple):
    """A rule; `id` is its priority, or "default". All its conditions must hold."""

    id: str
    conditions: tuple[Condition, ...]
    action: ActionPlan


def resolve_rules(reader: Reader, balancer: LoadBalancer, listener: Listener) -> tuple[RulePlan, ...]:
    """The listener's rules in the order in which they are tried."""
    rules = sorted(reader.find(ListenerRule, "listener", listener.id), key=lambda rule: int(rule.priority))
    return (
        *(
            RulePlan(
                rule.priority,
                tuple(_condition(c) for c in rule.conditions),
                _action(reader, balancer, listener, rule.actions),
            )
            for rule in rules
        ),
        RulePlan("default", (), _action(reader, balancer, listener, listener.default_actions)),
    )


def _condition(kept: Mapping[str, JsonValue]) -> Condition:
    field = str(kept["Field"])
    config = next((v for k, v in kept.items() if k.endswith("Config") and isinstance(v, Mapping)), {})
    values = config.get("Values")
    listed = values if isinstance(values, Sequence) and not isinstance(values, str) else ()
    if field == "query-string":
        found = (v for v in listed if isinstance(v, Mapping))
        return Condition(field, pairs=tuple((str(v.get("Key") or ""), str(v.get("Value") or "")) for v in found))
    return Condition(field, tuple(str(v) for v in listed), str(config.get("HttpHeaderName") or ""))


def _action(reader: Reader, balancer: LoadBalancer, listener: Listener, actions: Sequence[Action]) -> ActionPlan:
    other = next((a.type for a in actions if a.type not in _EXECUTED), "")
    if other:
        return RefusalPlan(f"actions of type {other} are not executed here")
    action = actions[-1]
    config = next((v for k, v in action.config.items() if k.endswith("Config") and isinstance(v, Mapping)), {})
    texts = {key: str(value) for key, value in config.items() if value is not None}
    match action.type:
        case "redirect":
            return RedirectPlan(
                int(texts["StatusCode"].removeprefix("HTTP_")),
                texts.get("Protocol", "#{protocol}"),
                texts.get("Host", "#{host}"),
                texts.get("Port", "#{port}"),
                texts.get("Path", "/#{path}"),
                texts.get("Query", "#{query}"),
            )
        case "fixed-response":
            return AnswerPlan(int(texts["StatusCode"]), texts.get("ContentType", ""), texts.get("MessageBody", ""))
        case _:
            return _forward(
                reader, balancer, listener, action.forwards, texts if texts.get("Enabled") == "True" else {}
            )


def _forward(
    reader: Reader, balancer: LoadBalancer, listener: Listener, forwards: Sequence[Forward], sticky: Mapping[str, str]
) -> ForwardPlan:
    path = resolve_forward(reader, balancer, listener.port, forwards)
    groups = (reader.get(TargetGroup, forward.target_group_arn) for forward in forwards)
    lasting = [(group.id, _stickiness_s(group)) for group in groups if group is not None]
    return ForwardPlan(path, int(sticky.get("DurationSeconds", "0")), tuple(x for x in lasting if x[1]))


def _stickiness_s(group: TargetGroup) -> int:
    if group.attributes.get("stickiness.enabled") != "true":
        return 0
    return int(group.attributes.get("stickiness.lb_cookie.duration_seconds", DEFAULT_STICKINESS_S))
