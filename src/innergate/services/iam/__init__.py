"""Identity and Access Management: users, roles, keys, policies and server certificates of one account.

`entities` holds what all of them share, `attachments` what users and roles do with policies, `find_policy` finds a policy's
text whoever wrote it. There are no groups and no instance profiles.
"""
