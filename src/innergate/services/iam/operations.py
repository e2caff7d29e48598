"""The operations of Identity and Access Management."""

from innergate.services.iam import access_keys, account, attachments, policies, roles, server_certificates, users
from innergate.services.iam.conditions import with_conditions
from innergate.services.iam.policies import policy_arn
from innergate.services.iam.roles import linked_role_arn, role_arn
from innergate.services.iam.server_certificates import certificate_arn
from innergate.services.iam.users import user_arn
from innergate.services.operation import Operations, read, write

_USERS: Operations = {
    "AttachUserPolicy": write(attachments.attach_user_policy, resource=user_arn),
    "CreateAccessKey": write(access_keys.create, resource=user_arn),
    "CreateUser": write(users.create, resource=user_arn),
    "DeleteAccessKey": write(access_keys.delete, resource=user_arn),
    "DeleteUser": write(users.delete, resource=user_arn),
    "DeleteUserPermissionsBoundary": write(users.delete_boundary, resource=user_arn),
    "DeleteUserPolicy": write(attachments.delete_user_policy, resource=user_arn),
    "DetachUserPolicy": write(attachments.detach_user_policy, resource=user_arn),
    "GetAccessKeyLastUsed": read(access_keys.last_used),
    "GetUser": read(users.get, resource=user_arn),
    "GetUserPolicy": read(attachments.get_user_policy, resource=user_arn),
    "ListAccessKeys": read(access_keys.list_all, resource=user_arn),
    "ListAttachedUserPolicies": read(attachments.list_attached_user_policies, resource=user_arn),
    "ListGroupsForUser": read(users.list_groups, resource=user_arn),
    "ListUserPolicies": read(attachments.list_user_policies, resource=user_arn),
    "ListUserTags": read(users.list_tags, resource=user_arn),
    "ListUsers": read(users.list_all),
    "PutUserPermissionsBoundary": write(users.put_boundary, resource=user_arn),
    "PutUserPolicy": write(attachments.put_user_policy, resource=user_arn),
    "TagUser": write(users.tag, resource=user_arn),
    "UntagUser": write(users.untag, resource=user_arn),
    "UpdateAccessKey": write(access_keys.update, resource=user_arn),
    "UpdateUser": write(users.update, resource=user_arn),
}

_ROLES: Operations = {
    "AttachRolePolicy": write(attachments.attach_role_policy, resource=role_arn),
    "CreateRole": write(roles.create, resource=role_arn),
    "CreateServiceLinkedRole": write(roles.create_service_linked, resource=linked_role_arn),
    "DeleteRole": write(roles.delete, resource=role_arn),
    "DeleteRolePermissionsBoundary": write(roles.delete_boundary, resource=role_arn),
    "DeleteRolePolicy": write(attachments.delete_role_policy, resource=role_arn),
    "DeleteServiceLinkedRole": write(roles.delete_service_linked, resource=role_arn),
    "DetachRolePolicy": write(attachments.detach_role_policy, resource=role_arn),
    "GetRole": read(roles.get, resource=role_arn),
    "GetRolePolicy": read(attachments.get_role_policy, resource=role_arn),
    "GetServiceLinkedRoleDeletionStatus": read(roles.deletion_status),
    "ListAttachedRolePolicies": read(attachments.list_attached_role_policies, resource=role_arn),
    "ListInstanceProfilesForRole": read(roles.list_instance_profiles, resource=role_arn),
    "ListRolePolicies": read(attachments.list_role_policies, resource=role_arn),
    "ListRoleTags": read(roles.list_tags, resource=role_arn),
    "ListRoles": read(roles.list_all),
    "PutRolePermissionsBoundary": write(roles.put_boundary, resource=role_arn),
    "PutRolePolicy": write(attachments.put_role_policy, resource=role_arn),
    "TagRole": write(roles.tag, resource=role_arn),
    "UntagRole": write(roles.untag, resource=role_arn),
    "UpdateAssumeRolePolicy": write(roles.update_trust, resource=role_arn),
    "UpdateRole": write(roles.update, resource=role_arn),
    "UpdateRoleDescription": write(roles.update_description, resource=role_arn),
}

_POLICIES: Operations = {
    "CreatePolicy": write(policies.create, resource=policy_arn),
    "CreatePolicyVersion": write(policies.create_version, resource=policy_arn),
    "DeletePolicy": write(policies.delete, resource=policy_arn),
    "DeletePolicyVersion": write(policies.delete_version, resource=policy_arn),
    "GetPolicy": read(policies.get, resource=policy_arn),
    "GetPolicyVersion": read(policies.get_version, resource=policy_arn),
    "ListEntitiesForPolicy": read(policies.list_entities, resource=policy_arn),
    "ListPolicies": read(policies.list_all),
    "ListPolicyTags": read(policies.list_tags, resource=policy_arn),
    "ListPolicyVersions": read(policies.list_versions, resource=policy_arn),
    "SetDefaultPolicyVersion": write(policies.set_default_version, resource=policy_arn),
    "TagPolicy": write(policies.tag, resource=policy_arn),
    "UntagPolicy": write(policies.untag, resource=policy_arn),
}

_OTHERS: Operations = {
    "DeleteServerCertificate": write(server_certificates.delete, resource=certificate_arn),
    "GetAccountSummary": read(account.summary),
    "GetServerCertificate": read(server_certificates.get, resource=certificate_arn),
    "ListAccountAliases": read(account.list_aliases),
    "ListServerCertificateTags": read(server_certificates.list_tags, resource=certificate_arn),
    "ListServerCertificates": read(server_certificates.list_all),
    "TagServerCertificate": write(server_certificates.tag, resource=certificate_arn),
    "UntagServerCertificate": write(server_certificates.untag, resource=certificate_arn),
    "UpdateServerCertificate": write(server_certificates.update, resource=certificate_arn),
    "UploadServerCertificate": write(server_certificates.upload, resource=certificate_arn),
}

OPERATIONS: Operations = with_conditions({**_USERS, **_ROLES, **_POLICIES, **_OTHERS})
