"""What emit needs to name a leg's cluster: one cluster, one EDS resource, one name."""

import msgspec

from innergate.compile.resolve.path import Leg, cluster_name
from innergate.primitives.digest import digest_value


def leg_cluster(leg: Leg) -> str:
    """The name of the leg's cluster and of its endpoints. It covers all but the targets and the leg's weight in its path, and
    whoever resolves the same leg finds the same targets, so units may emit it side by side. A scoped leg's name covers only
    what sets it apart from the other legs of its path."""
    parts = msgspec.to_builtins(leg)
    del parts["targets"], parts["weight"]
    for name in ("tls_listener", "http_version", "algorithm"):
        if not parts[name]:
            del parts[name]
    if leg.scope:
        del parts["sources"], parts["shares"], parts["health_check"]
    else:
        del parts["scope"]
    return cluster_name(leg.target_group_arn, digest_value(parts))
