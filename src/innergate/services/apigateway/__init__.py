"""API Gateway, version 1: the control plane of REST APIs.

`operations.py` is the table; `permissions.py` gives each entry the IAM action and resource of its URL. A family is a module:
`rest_apis`, `api_resources` (paths), `methods`, `method_responses`, `integrations`, `integration_responses`, `deployments`,
`stages`, `vpc_links`, `api_keys`, `usage_plans`, `usage_plan_keys`, `client_certificates`, `api_accounts`, `tags`. Small
documents inside an API (gateway responses, models, validators, authorizers, documentation) are `ApiPart`s, written through
`api_parts`.

`lookups` finds what a call names, only in the caller's account and Region. `patches` reads PATCH operations and words their
refusals; each family says which paths it has (`…_patches` where that is a module of its own). A deployment freezes the API
(`deployments.freeze`); nothing here looks at what a stage serves afterwards. OpenAPI comes in by `openapi_import` and goes
out by `openapi_export`; both use the same checks as the single operations.
"""
