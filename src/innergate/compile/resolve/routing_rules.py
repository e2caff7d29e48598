"""A custom domain name's routing rules, and which of them a request meets. `emit` and `explain` read the same ones."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from innergate.compile.view import Reader
from innergate.resources.domain_names import DomainName
from innergate.resources.rest_apis import RestApi
from innergate.resources.routing_rules import RoutingRule

GlobKind: TypeAlias = Literal["any", "exact", "prefix", "suffix", "contains"]


class Glob(NamedTuple):
    """What a header's value must be, begin with, end with or hold; `text` is "" for any value at all."""

    kind: GlobKind
    text: str

    def fits(self, value: str) -> bool:
        """Whether the value is such a one; letters' case counts."""
        match self.kind:
            case "exact":
                return value == self.text
            case "prefix":
                return value.startswith(self.text)
            case "suffix":
                return value.endswith(self.text)
            case "contains":
                return self.text in value
            case "any":
                return True


def read_glob(glob: str) -> Glob:
    """The glob of a condition: asterisks stand at its ends alone."""
    text = glob.removeprefix("*").removesuffix("*")
    if not text:
        return Glob("any", "")
    if glob.startswith("*"):
        return Glob("contains" if glob.endswith("*") else "suffix", text)
    return Glob("prefix" if glob.endswith("*") else "exact", text)


def has_rules(domain: DomainName) -> bool:
    """Whether the domain name asks rules at all."""
    return domain.routing_mode != "BASE_PATH_MAPPING_ONLY"


def routing_rules(reader: Reader, domain: DomainName) -> list[RoutingRule]:
    """The rules that count, in the order in which they are asked. One that leads to another account's API is none."""
    if not has_rules(domain):
        return []
    found = []
    for rule in reader.find(RoutingRule, "domain", domain.id):
        api = reader.get(RestApi, rule.rest_api_id)
        if api is not None and (api.account, api.region) == (domain.account, domain.region):
            found.append(rule)
    return sorted(found, key=lambda rule: rule.priority)


def first_rule(rules: list[RoutingRule], path: str, headers: Mapping[str, str]) -> RoutingRule | None:
    """The rule that a request of that canonical path takes; `headers` by their names in lower case."""
    return next((rule for rule in rules if _holds(rule, path, headers)), None)


def _holds(rule: RoutingRule, path: str, headers: Mapping[str, str]) -> bool:
    if rule.base_path and not f"{path}/".startswith(f"/{rule.base_path}/"):
        return False
    return all(name in headers and read_glob(glob).fits(headers[name]) for name, glob in rule.headers)
