"""Routing rules of custom domain names: which stage a request is for, by its headers and the beginning of its path."""

from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource, UniqueName


class RuleCondition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a request must have. `header` and `value_glob` are "" where no header is asked for, `base_path` is where no path is;
    a condition that asks for both wants both."""

    header: str = ""
    value_glob: str = ""
    base_path: str = ""


class RoutingRule(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` is `<domain's id>/<rule_id>`. The rule of the lowest priority whose conditions all hold is taken."""

    kind: ClassVar[str] = "routing-rule"

    domain_id: str
    rule_id: str
    priority: int
    rest_api_id: str
    stage: str
    strip_base_path: bool = False
    conditions: tuple[RuleCondition, ...] = ()

    @property
    def base_path(self) -> str:
        """What the path must begin with, "" for anything."""
        return next((condition.base_path for condition in self.conditions if condition.base_path), "")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers' names, in lower case, with the globs of their values."""
        return tuple((c.header.lower(), c.value_glob) for c in self.conditions if c.header)

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"routing-rule/{self.domain_id}", str(self.priority)),)

    def references(self) -> tuple[Key, ...]:
        return (
            Key("domain-name", self.domain_id),
            Key("rest-api", self.rest_api_id),
            Key("stage", f"{self.rest_api_id}/{self.stage}"),
        )

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("domain", self.domain_id),
            IndexEntry("rest-api", self.rest_api_id),
            IndexEntry("stage", f"{self.rest_api_id}/{self.stage}"),
        )
