"""Published versions: frozen copies of $LATEST with a number."""

import msgspec

from innergate.primitives.ids import fresh_uuid
from innergate.resources.functions import LATEST, Function, FunctionConfig, FunctionVersion
from innergate.services.context import Context, Params, Result
from innergate.services.lambdas.code import sha256_text
from innergate.services.lambdas.faults import invalid, stale_revision
from innergate.services.lambdas.lookups import Found, find_function, versions_of
from innergate.services.lambdas.paging import page
from innergate.services.lambdas.shown import shown, shown_config


def publish(context: Context, params: Params) -> Result:
    """PublishVersion; the newest version again where nothing has changed since."""
    function = find_function(context, params, "lambda:PublishVersion")
    if params.get("RevisionId") not in (None, function.config.revision_id):
        raise stale_revision()
    actual, wanted = sha256_text(function.config.code_digest), params.get("CodeSha256")
    if wanted and wanted != actual:
        raise invalid(
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({actual}). Please try again with the "
            "CodeSHA256 in $LATEST."
        )
    return shown(publish_now(context, function, params.get("Description")))


def publish_now(context: Context, function: Function, description: str | None) -> Found:
    """The version, made if $LATEST differs from the newest."""
    versions = versions_of(context.tx, function)
    if versions and _frozen(versions[-1].config) == _frozen(function.config):
        newest = versions[-1]
        return Found(function, newest.number, newest.number, newest.config, None)
    number = str(function.next_version)
    config = msgspec.structs.replace(function.config, revision_id=fresh_uuid(context.ids))
    if description is not None:
        config = msgspec.structs.replace(config, description=description)
    version = FunctionVersion(
        id=f"{function.id}:{number}",
        account=function.account,
        region=function.region,
        function_arn=function.id,
        number=number,
        config=config,
    )
    changed = msgspec.structs.replace(function, next_version=function.next_version + 1)
    context.tx.put(changed)
    context.tx.put(version)
    return Found(changed, number, number, config, None)


def _frozen(config: FunctionConfig) -> FunctionConfig:
    """What makes two versions differ: neither when, nor the description."""
    epoch = config.last_modified.min
    return msgspec.structs.replace(config, last_modified=epoch, revision_id="", description="")


def list_of(context: Context, params: Params) -> Result:
    """ListVersionsByFunction: $LATEST, then the oldest first."""
    function = find_function(context, params, "lambda:ListVersionsByFunction")
    rows = [shown_config(function, function.config, LATEST, f"{function.id}:{LATEST}")]
    rows += [shown_config(function, v.config, v.number, v.id) for v in versions_of(context.tx, function)]
    return page("Versions", rows, params)
