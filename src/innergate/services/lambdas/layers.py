"""Layers: packages that functions share, in numbered versions. A function keeps the content of those it uses."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from innergate.policy.combine import decide_cross_account
from innergate.policy.evaluate import AccessRequest, evaluate, request_context
from innergate.policy.parse import read_stored_policy
from innergate.primitives.arn import format_arn
from innergate.resources.functions import Layer, LayerUse, LayerVersion
from innergate.services.authorization import caller_keys, decide_for_caller, principal_of
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas.code import keep_code, sha256_text
from innergate.services.lambdas.faults import denied, invalid, not_found
from innergate.services.lambdas.paging import page
from innergate.services.lambdas.shown import shown_instant

USE = "lambda:GetLayerVersion"
MAX_LAYERS = 5
"""Function layers (Lambda Developer Guide, "Lambda quotas")."""
_FORM = re.compile(
    r"(?:arn:aws:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):layer:)?(?P<name>[a-zA-Z0-9-_]+)(?::(?P<number>\d+))?"
)


class NamedLayer(NamedTuple):
    """A layer as a caller names it; `number` is "" for none."""

    account: str
    region: str
    name: str
    number: str

    @property
    def layer_arn(self) -> str:
        """The layer's ARN."""
        return format_arn("lambda", self.region, self.account, f"layer:{self.name}")

    @property
    def version_arn(self) -> str:
        """The version's ARN."""
        return f"{self.layer_arn}:{self.number}"


def layer_arn(context: Context, params: Params) -> str:
    """What IAM checks a layer's operation on."""
    text = str(params.get("Arn") or params.get("LayerName", ""))
    match = _FORM.fullmatch(text)
    if match is None:
        return format_arn("lambda", context.region, context.account, "layer:*")
    number = str(params.get("VersionNumber") or match["number"] or "")
    named = NamedLayer(match["account"] or context.account, match["region"] or context.region, match["name"], number)
    return named.version_arn if number else named.layer_arn


def publish(context: Context, params: Params) -> Result:
    """PublishLayerVersion."""
    named = _read(context, str(params["LayerName"]), "lambda:PublishLayerVersion")
    code = keep_code(context, params["Content"])
    layer = context.tx.get(Layer, named.layer_arn) or Layer(
        id=named.layer_arn, account=context.account, region=context.region, name=named.name
    )
    version = LayerVersion(
        id=f"{layer.id}:{layer.next_version}",
        account=context.account,
        region=context.region,
        layer_arn=layer.id,
        number=layer.next_version,
        code_digest=code.digest,
        code_size=code.size,
        created_at=context.clock.now(),
        description=str(params.get("Description", "")),
        license_info=str(params.get("LicenseInfo", "")),
        runtimes=tuple(params.get("CompatibleRuntimes", ())),
        architectures=tuple(params.get("CompatibleArchitectures", ())),
    )
    context.tx.put(msgspec.structs.replace(layer, next_version=layer.next_version + 1))
    context.tx.put(version)
    return _shown_whole(version)


def get(context: Context, params: Params) -> Result:
    """GetLayerVersion."""
    named = read_version(context, params, USE)
    return _shown_whole(find_version(context, named))


def get_by_arn(context: Context, params: Params) -> Result:
    """GetLayerVersionByArn."""
    return _shown_whole(find_version(context, _read(context, str(params["Arn"]), USE)))


def delete(context: Context, params: Params) -> Result:
    """DeleteLayerVersion; one that is not there is gone already."""
    named = _read(context, str(params["LayerName"]), "lambda:DeleteLayerVersion")
    version = context.tx.get(LayerVersion, f"{named.layer_arn}:{params['VersionNumber']}")
    if version is not None:
        context.tx.delete(version)
    return {}


def list_versions(context: Context, params: Params) -> Result:
    """ListLayerVersions, the newest first."""
    named = _read(context, str(params["LayerName"]), "lambda:ListLayerVersions")
    return page("LayerVersions", [_shown(v) for v in _versions(context, named.layer_arn) if _fits(v, params)], params)


def list_layers(context: Context, params: Params) -> Result:
    """ListLayers: each with its newest version."""
    rows = []
    for layer in sorted(context.tx.in_account(Layer, context.account, context.region), key=lambda layer: layer.name):
        versions = [version for version in _versions(context, layer.id) if _fits(version, params)]
        if versions:
            row = {"LayerName": layer.name, "LayerArn": layer.id, "LatestMatchingVersion": _shown(versions[0])}
            rows.append(row)
    return page("Layers", rows, params)


def use_layers(context: Context, arns: Sequence[str]) -> tuple[LayerUse, ...]:
    """The layers that a function names, in order. Raises Fault InvalidParameterValueException, AccessDeniedException."""
    if len(arns) > MAX_LAYERS:
        raise invalid(f"Cannot reference more than {MAX_LAYERS} layers.")
    versions = []
    for arn in arns:
        named = _read(context, arn, USE)
        version = context.tx.get(LayerVersion, named.version_arn) if named.number else None
        if version is None:
            raise invalid(f"Layer version {arn} does not exist.")
        versions.append(version)
    if len({version.layer_arn for version in versions}) != len(versions):
        raise invalid("Two different versions of the same layer are not allowed to be referenced in the same function.")
    return tuple(LayerUse(arn=v.id, code_digest=v.code_digest, code_size=v.code_size) for v in versions)


def read_version(context: Context, params: Params, action: str) -> NamedLayer:
    """The version that LayerName and VersionNumber name. Raises Fault as below."""
    return _read(context, str(params["LayerName"]), action, str(params["VersionNumber"]))


def _read(context: Context, text: str, action: str, number: str = "") -> NamedLayer:
    """The layer that a text names. Raises Fault AccessDeniedException for another account's, whether it is there or not, unless
    the version's policy and the caller's own let them use it."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise invalid(f"{text} is not a layer's name or ARN")
    named = NamedLayer(
        match["account"] or context.account,
        match["region"] or context.region,
        match["name"],
        number or match["number"] or "",
    )
    if named.account != context.account and not (action == USE and _may_use(context, named)):
        raise denied(context.caller.arn, action, text, f"because no resource-based policy allows the {action} action")
    return named


def _may_use(context: Context, named: NamedLayer) -> bool:
    """Whether another account's version is shared with the caller, whose own policies allow it too."""
    version = context.tx.get(LayerVersion, named.version_arn)
    if version is None or version.policy is None:
        return False
    request = AccessRequest(USE, version.id, principal_of(context.caller), request_context(caller_keys(context)))
    shared = evaluate((read_stored_policy(version.policy.document, "resource", version.id),), request)
    return decide_cross_account(decide_for_caller(context, USE, version.id, {}), shared).is_allowed


def find_version(context: Context, named: NamedLayer) -> LayerVersion:
    """The version. Raises Fault ResourceNotFoundException."""
    version = context.tx.get(LayerVersion, named.version_arn)
    if version is None or version.region != context.region:
        raise not_found("The resource you requested does not exist.")
    return version


def _versions(context: Context, arn: str) -> list[LayerVersion]:
    return sorted(context.tx.find(LayerVersion, "layer", arn), key=lambda version: -version.number)


def _fits(version: LayerVersion, params: Params) -> bool:
    runtime, architecture = params.get("CompatibleRuntime"), params.get("CompatibleArchitecture")
    if runtime and version.runtimes and runtime not in version.runtimes:
        return False
    return not architecture or not version.architectures or architecture in version.architectures


def _shown(version: LayerVersion) -> dict[str, object]:
    return {
        "LayerVersionArn": version.id,
        "Version": version.number,
        "Description": version.description,
        "CreatedDate": shown_instant(version.created_at),
        "CompatibleRuntimes": list(version.runtimes) or None,
        "LicenseInfo": version.license_info or None,
        "CompatibleArchitectures": list(version.architectures) or None,
    }


def _shown_whole(version: LayerVersion) -> dict[str, object]:
    content = {"CodeSha256": sha256_text(version.code_digest), "CodeSize": version.code_size}
    return {**_shown(version), "LayerArn": version.layer_arn, "Content": content}
