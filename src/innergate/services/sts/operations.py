"""The operations of the Security Token Service. AssumeRole asks IAM itself, because two accounts may have a say."""

from innergate.services.operation import Operation, Operations
from innergate.services.sts import assume_role, identity, session_tokens

OPERATIONS: Operations = {
    "AssumeRole": Operation(assume_role.assume_role, writes=True, unchecked=True),
    "GetAccessKeyInfo": Operation(identity.get_access_key_info, writes=False, unchecked=True),
    "GetCallerIdentity": Operation(identity.get_caller_identity, writes=False, unchecked=True),
    "GetSessionToken": Operation(session_tokens.get_session_token, writes=True, unchecked=True),
}
