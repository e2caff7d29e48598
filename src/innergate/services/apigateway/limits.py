"""API Gateway's limits (developer guide, "Amazon API Gateway quotas"; API reference, member documentation)."""

PAGE_DEFAULT = 25
"""`limit` of a listing (API reference, every Get…s operation)."""
PAGE_MAX = 500
"""The most that `limit` may ask for (same)."""
COMPRESSION_MAX_BYTES = 10_485_760
"""`minimumCompressionSize` (API reference, CreateRestApi)."""
TIMEOUT_MIN_MS = 50
"""`timeoutInMillis` (API reference, PutIntegration)."""
TIMEOUT_MAX_MS = 29_000
"""The same; more only after a quota increase, for REGIONAL and PRIVATE APIs."""
STREAM_TIMEOUT_MAX_MS = 900_000
"""The same with responseTransferMode STREAM (developer guide, "Stream the integration response")."""
STAGE_NAME_MAX = 128
"""Letters of a stage's name (API reference, CreateStage)."""
STAGE_VARIABLES_MAX = 100
"""Variables of a stage (quotas)."""
STAGE_VARIABLE_KEY_MAX = 64
"""Letters of a variable's name (quotas)."""
STAGE_VARIABLE_VALUE_MAX = 512
"""Letters of a variable's value (quotas)."""
ACCESS_LOG_FORMAT_MAX_BYTES = 3072
"""An access-log format (developer guide, "Set up CloudWatch logging")."""
RESOURCES_PER_API = 300
"""Resources of an API (quotas)."""
STAGES_PER_API = 10
"""Stages of an API (quotas)."""
VPC_LINKS_PER_REGION = 20
"""VPC links of an account in a Region (quotas)."""
POLICY_MAX_BYTES = 8192
"""A resource policy (quotas)."""
MODEL_MAX_BYTES = 400 * 1024
"""A model's schema (quotas)."""
API_KEY_NAME_MAX = 1024
"""Letters of a key's name (recorded error text)."""
API_KEY_VALUE_MIN = 20
"""Letters of a key's value (recorded error text)."""
API_KEY_VALUE_MAX = 128
"""The same."""
API_KEY_DESCRIPTION_MAX = 4096
"""Letters of a key's description (recorded: longer ones are refused)."""
IMPORT_MAX_BYTES = 6 * 1024 * 1024
"""An OpenAPI document (quotas)."""
IMPORT_MAX_NODES = 200_000
"""Values in a decoded document, aliases counted each time: stops documents that grow when they are read (ours)."""
TAGS_MAX = 50
"""Tags of a resource (AWS tagging rules)."""
TAG_KEY_MAX = 128
"""Letters of a tag's key (same)."""
TAG_VALUE_MAX = 256
"""Letters of a tag's value (same)."""
AUTHORIZER_TTL_MAX_S = 3600
"""`authorizerResultTtlInSeconds` (API reference, CreateAuthorizer)."""
CACHE_TTL_MAX_S = 3600
"""`cacheTtlInSeconds` of method settings (developer guide, "Cache settings")."""
CLIENT_CERTIFICATE_DAYS = 365
"""How long a generated client certificate is valid (developer guide, "Generate and configure an SSL certificate")."""
ROUTING_RULES_PER_DOMAIN = 50
"""Routing rules of a custom domain name (quotas)."""
PUBLIC_DOMAINS_PER_REGION = 120
"""Public custom domain names of an account in a Region (quotas)."""
PRIVATE_DOMAINS_PER_REGION = 50
"""Private custom domain names of an account in a Region (quotas)."""
ACCESS_ASSOCIATIONS_PER_REGION = 100
"""Domain name access associations of an account in a Region (quotas)."""
MAPPINGS_PER_DOMAIN = 200
"""Base path mappings of a domain name (quotas)."""
BASE_PATH_MAX = 300
"""Letters of a base path (quotas, "API mapping key")."""
TRUSTSTORE_MAX_BYTES = 1_048_576
"""A truststore of mutual TLS (developer guide, "Configuring your truststore")."""
TRUSTSTORE_CERTIFICATES_MAX = 1000
"""Certificates in it (same)."""
USAGE_DAYS_MAX = 90
"""How far back usage is kept (developer guide, "Maintain a usage plan's data")."""
