"""The kinds of client SDK that API Gateway knows (API reference, GetSdk). None is generated here."""

from typing import Any, NamedTuple

from innergate.services.apigateway.faults import bad_request, not_found
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.stages import stage_of
from innergate.services.context import Context, Params, Result


class _Property(NamedTuple):
    name: str
    friendly_name: str
    description: str
    required: bool = True


class _SdkType(NamedTuple):
    id: str
    friendly_name: str
    description: str
    properties: tuple[_Property, ...] = ()


_PREFIX = (_Property("classPrefix", "Prefix", "The prefix of the names of generated classes, e.g. SVC."),)
_SDK_TYPES = (
    _SdkType("javascript", "JavaScript", "Generates an SDK for JavaScript in browsers."),
    _SdkType(
        "android",
        "Android",
        "Generates an SDK for Android.",
        (
            _Property("groupId", "Group ID", "The Maven group of the SDK, e.g. com.mycompany."),
            _Property("invokerPackage", "Invoker package", "The package of the client classes."),
            _Property("artifactId", "Artifact ID", "The Maven artifact of the SDK, e.g. my-api."),
            _Property("artifactVersion", "Artifact version", "The version of the artifact, e.g. 1.0.0."),
        ),
    ),
    _SdkType("objectivec", "iOS (Objective-C)", "Generates an SDK for iOS in Objective-C.", _PREFIX),
    _SdkType("swift", "iOS (Swift)", "Generates an SDK for iOS in Swift.", _PREFIX),
    _SdkType(
        "java",
        "Java SDK",
        "Generates an SDK for Java.",
        (
            _Property("serviceName", "Service Name", "The name of the service, e.g. PetStore."),
            _Property("javaPackageName", "Java Package Name", "The package of the generated code."),
            _Property("javaBuildSystem", "Java Build System", "maven or gradle.", required=False),
            _Property("javaGroupId", "Java Group Id", "The Maven group of the SDK.", required=False),
            _Property("javaArtifactId", "Java Artifact Id", "The Maven artifact of the SDK.", required=False),
            _Property("javaArtifactVersion", "Java Artifact Version", "The version of the artifact.", required=False),
            _Property("javaLicenseText", "Source Code License Text", "Text on top of every file.", required=False),
        ),
    ),
    _SdkType(
        "ruby",
        "Ruby SDK",
        "Generates an SDK for Ruby.",
        (
            _Property("service.name", "Service Name", "The name of the service, e.g. PetStore."),
            _Property("ruby.gem-name", "Ruby Gem Name", "The name of the gem.", required=False),
            _Property("ruby.gem-version", "Ruby Gem Version", "The version of the gem.", required=False),
        ),
    ),
)


def _render(sdk_type: _SdkType) -> dict[str, Any]:
    return {
        "id": sdk_type.id,
        "friendlyName": sdk_type.friendly_name,
        "description": sdk_type.description,
        "configurationProperties": [
            {"name": p.name, "friendlyName": p.friendly_name, "description": p.description, "required": p.required}
            for p in sdk_type.properties
        ],
    }


def _find(sdk_type_id: str) -> _SdkType:
    found = next((known for known in _SDK_TYPES if known.id == sdk_type_id), None)
    if found is None:
        raise not_found("Invalid SDK type identifier specified")
    return found


def get(context: Context, params: Params) -> Result:
    """GetSdkType."""
    return _render(_find(params["id"]))


def list_all(context: Context, params: Params) -> Result:
    """GetSdkTypes."""
    return page_of(params, _SDK_TYPES, _render)


def get_sdk(context: Context, params: Params) -> Result:
    """GetSdk. Always raises Fault: for an unknown stage or type as AWS does, else BadRequestException.

    # AWS differs: SDKs are not generated; GetExport gives the OpenAPI document that a generator works from.
    """
    stage_of(context, params)
    _find(params["sdkType"])
    raise bad_request(
        "SDK generation is not available here: export the stage as OpenAPI with GetExport and use a generator of your own."
    )
