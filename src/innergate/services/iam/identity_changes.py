"""What users and roles have in common once they are found: tags, a permissions boundary, and policies that hold them."""

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.identities import Role, User
from innergate.services.context import Context, Params, Result
from innergate.services.iam.entities import merge_tags, page, read_tags, shown_tags
from innergate.services.iam.find_policy import require_attachable


def add_tags(context: Context, identity: User | Role, params: Params) -> Result:
    """Adds or overwrites the tags that the call gives. Raises Fault InvalidInput or LimitExceeded."""
    context.tx.put(msgspec.structs.replace(identity, tags=merge_tags(identity.tags, read_tags(params))))
    return {}


def remove_tags(context: Context, identity: User | Role, params: Params) -> Result:
    """Removes the tags with the keys that the call names."""
    gone = set(params["TagKeys"])
    kept = {key: value for key, value in identity.tags.items() if key not in gone}
    context.tx.put(msgspec.structs.replace(identity, tags=kept))
    return {}


def show_tags(identity: User | Role, params: Params) -> Result:
    """A page of its tags."""
    return page("Tags", shown_tags(identity.tags), params)


def set_boundary(context: Context, identity: User | Role, params: Params) -> Result:
    """Sets the boundary. Raises Fault NoSuchEntity if there is no such policy."""
    require_attachable(context, params["PermissionsBoundary"])
    context.tx.put(msgspec.structs.replace(identity, permissions_boundary=params["PermissionsBoundary"]))
    return {}


def remove_boundary(context: Context, identity: User | Role) -> Result:
    """Takes the boundary away. Raises Fault NoSuchEntity if there is none."""
    if not identity.permissions_boundary:
        arn = identity.id if isinstance(identity, Role) else identity.arn
        raise Fault("NoSuchEntity", f"{arn} does not have a permission boundary.", 404)
    context.tx.put(msgspec.structs.replace(identity, permissions_boundary=""))
    return {}


def require_no_policies(identity: User | Role) -> None:
    """Raises Fault DeleteConflict while policies hang on it."""
    if identity.attached_policy_arns:
        raise Fault("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)
    if identity.inline_policies:
        raise Fault("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
