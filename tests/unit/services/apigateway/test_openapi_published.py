"""Published OpenAPI documents: each is imported, accounted for, deployed and exported, and its export imported again."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from innergate.primitives.fault import Fault
from innergate.services.apigateway.openapi_report import Entry, account_for
from innergate.services.apigateway.openapi_schemas import model_name
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.services import ServiceHarness

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "openapi"
REFUSED = "parameters-style-3.0.yaml"
WARNED = "path-level-3.0.yaml"
NO_METHODS = "webhooks-3.1.yaml"
DOCUMENTS = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".json", ".yaml"))
TAKEN = [name for name in DOCUMENTS if name != REFUSED]
DEPLOYED = [name for name in TAKEN if name != NO_METHODS]
VERBS = ("get", "put", "post", "delete", "options", "head", "patch")
MOCK: dict[str, Any] = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ServiceHarness]:
    made = ServiceHarness(tmp_path, OPERATIONS)
    yield made
    made.store.close()


class Method(NamedTuple):
    """One method as its owner sees it."""

    path: str
    verb: str
    resource_id: str
    body: dict[str, Any]


def methods(harness: ServiceHarness, api: str) -> list[Method]:
    items = harness.call("GetResources", restApiId=api, limit=500, embed=["methods"])["items"]
    return [
        Method(item["path"], verb, item["id"], body)
        for item in sorted(items, key=lambda item: str(item["path"]))
        for verb, body in sorted((item.get("resourceMethods") or {}).items())
    ]


@cache
def parsed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_bytes())
    return found


def resolved(document: dict[str, Any], value: Any) -> Any:
    while isinstance(value, dict) and "$ref" in value:
        at: Any = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            at = at[step.replace("~1", "/").replace("~0", "~")]
        value = at
    return value


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (path, verb.upper()): {
            **operation,
            "parameters": [*item.get("parameters", ()), *operation.get("parameters", ())],
        }
        for path, item in (document.get("paths") or {}).items()
        for verb, operation in item.items()
        if verb in VERBS
    }


def schemas(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document.get("definitions") or (document.get("components") or {}).get("schemas") or {}
    return found


@pytest.mark.parametrize("is_strict", [True, False])
@pytest.mark.parametrize("name", [name for name in TAKEN if name != WARNED])
def test_everything_that_a_rest_api_can_hold_is_imported(harness: ServiceHarness, name: str, is_strict: bool) -> None:
    document = parsed(name)
    made = harness.call("ImportRestApi", body=(FOLDER / name).read_bytes(), failOnWarnings=is_strict)
    assert (made["name"], made.get("warnings")) == (document["info"]["title"], None)
    wanted = operations(document)
    found = {(method.path, method.verb): method.body for method in methods(harness, made["id"])}
    assert set(found) == set(wanted)
    for where, operation in wanted.items():
        method = found[where]
        assert method.get("operationName") == operation.get("operationId")
        places = {"path": "path", "query": "querystring", "header": "header"}
        parameters = [resolved(document, parameter) for parameter in operation["parameters"]]
        assert (method.get("requestParameters") or {}) == {
            f"method.request.{places[p['in']]}.{p['name']}": p.get("required", False)
            for p in parameters
            if p["in"] in places
        }
        codes = {code for code in map(str, operation.get("responses", ())) if code.isdigit()}
        assert set(method.get("methodResponses") or {}) == codes
        body = resolved(document, operation.get("requestBody") or {})
        kinds = {kind for kind, media in body.get("content", {}).items() if media.get("schema")}
        assert set(method.get("requestModels") or {}) >= kinds
    models = {model["name"] for model in harness.call("GetModels", restApiId=made["id"], limit=500)["items"]}
    assert models >= {model_name(schema) for schema in schemas(document)}


def test_what_is_left_out_of_a_path_is_a_warning(harness: ServiceHarness) -> None:
    body = (FOLDER / WARNED).read_bytes()
    warning = "Ignoring unsupported member '$ref' of path '/path-item-ref-server'"
    with pytest.raises(Fault) as refused:
        harness.call("ImportRestApi", body=body, failOnWarnings=True)
    assert refused.value.message == f"Warnings found during import:\n\t{warning}"
    assert harness.call("GetRestApis")["items"] == []
    assert harness.call("ImportRestApi", body=body)["warnings"] == [warning]
    assert report(WARNED)["/paths/~1path-item-ref-server/$ref"].fate == "dropped"


def test_what_aws_has_no_path_for_is_refused_with_each_path(harness: ServiceHarness) -> None:
    with pytest.raises(Fault) as refused:
        harness.call("ImportRestApi", body=(FOLDER / REFUSED).read_bytes())
    bad = [path for path in parsed(REFUSED)["paths"] if "#" in path]
    assert len(bad) == 2
    assert [line.split("'")[1] for line in refused.value.message.splitlines()[1:]] == bad
    assert harness.call("GetRestApis")["items"] == []


def pointers(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every place of a document, and its last step."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in members:
        where = f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"
        yield where, str(key)
        yield from pointers(inner, where)


@cache
def report(name: str) -> dict[str, Entry]:
    return {entry.where: entry for entry in account_for((FOLDER / name).read_bytes())}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_construct_is_accounted_for_on_its_line(name: str) -> None:
    document, found = parsed(name), report(name)
    lines = (FOLDER / name).read_text().splitlines()
    places = dict(pointers(document))
    assert set(found) <= set(places)
    for where, entry in found.items():
        assert places[where].isdigit() or places[where] in lines[entry.line - 1], entry
        above = where.rpartition("/")[0]
        assert not above or above in found, f"{where} stands alone"
    for where in places:
        steps = where.split("/")[1:]
        assert any("/" + "/".join(steps[: length + 1]) in found for length in range(len(steps))), where
    by_where = {
        f"/paths/{path.replace('~', '~0').replace('/', '~1')}/{verb.lower()}" for path, verb in operations(document)
    }
    assert {where for where in by_where if found[where].fate == "kept"} == by_where
    assert all(entry.fate in ("kept", "changed", "dropped") for entry in found.values())


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_reported_as_kept_is_there(harness: ServiceHarness, name: str) -> None:
    """And what is reported as dropped is not."""
    document, found = parsed(name), report(name)
    made = harness.call("ImportRestApi", body=(FOLDER / name).read_bytes())
    for method in methods(harness, made["id"]):
        at = f"/paths/{method.path.replace('/', '~1')}/{method.verb.lower()}"
        for code in operations(document)[method.path, method.verb].get("responses", ()):
            kept = found[f"{at}/responses/{code}"].fate != "dropped"
            assert kept == (str(code) in (method.body.get("methodResponses") or {}))
        held = {name.rpartition(".")[2] for name in method.body.get("requestParameters") or {}}
        own = document["paths"][method.path][method.verb.lower()].get("parameters", ())
        for index, given in enumerate(own):
            parameter = resolved(document, given)
            if "$ref" in given or parameter["in"] == "body":
                continue
            kept = found[f"{at}/parameters/{index}"].fate != "dropped"
            assert kept == (parameter["name"] in held), (at, parameter)


def without_ids(value: Any, api: str) -> Any:
    """As two APIs of one document may be compared."""
    text = json.dumps(value, sort_keys=True, default=str)
    return json.loads(text.replace(api, "<api>"))


def contents(harness: ServiceHarness, api: str) -> dict[str, Any]:
    """What an export can say of an API, without ids."""
    shown: dict[str, Any] = {}
    for method in methods(harness, api):
        body = {**method.body, "methodIntegration": {**method.body.get("methodIntegration", {})}}
        body["methodIntegration"].pop("cacheNamespace", None)
        shown[f"{method.verb} {method.path}"] = body
    for model in harness.call("GetModels", restApiId=api, limit=500)["items"]:
        shown[f"model {model['name']}"] = json.loads(model["schema"])
    return dict(without_ids(shown, api))


def deploy_with_mocks(harness: ServiceHarness, name: str) -> str:
    made = harness.call("ImportRestApi", body=(FOLDER / name).read_bytes())
    for method in methods(harness, made["id"]):
        where: dict[str, Any] = {"restApiId": made["id"], "resourceId": method.resource_id, "httpMethod": method.verb}
        harness.call("PutIntegration", **where, **MOCK)
        for code in method.body.get("methodResponses") or {}:
            pattern = {} if code == "200" else {"selectionPattern": code}
            harness.call("PutIntegrationResponse", **where, statusCode=code, **pattern)
    harness.call("CreateDeployment", restApiId=made["id"], stageName="live")
    return str(made["id"])


def export(harness: ServiceHarness, api: str, kind: str, accepts: str) -> bytes:
    answer = harness.call(
        "GetExport",
        restApiId=api,
        stageName="live",
        exportType=kind,
        parameters={"extensions": "apigateway,integrations,authorizers"},
        accepts=accepts,
    )
    return bytes(answer["body"])


@pytest.mark.parametrize("name", DEPLOYED)
def test_an_export_is_imported_as_the_same_api(harness: ServiceHarness, name: str) -> None:
    api = deploy_with_mocks(harness, name)
    before = contents(harness, api)
    for accepts in ("application/json", "application/yaml"):
        again = harness.call("ImportRestApi", body=export(harness, api, "oas30", accepts), failOnWarnings=True)
        assert contents(harness, again["id"]) == before
    older = export(harness, api, "swagger", "application/json")
    assert yaml.safe_load(export(harness, api, "swagger", "application/yaml")) == json.loads(older)
    again = harness.call("ImportRestApi", body=older, failOnWarnings=True)
    assert one_model_each(contents(harness, again["id"])) == one_model_each(before)
    harness.call("CreateDeployment", restApiId=again["id"], stageName="live")
    second = export(harness, again["id"], "swagger", "application/json")
    assert without_ids(json.loads(second), again["id"]) == without_ids(json.loads(older), api)


def one_model_each(shown: dict[str, Any]) -> dict[str, Any]:
    """A 2.0 document has one model for a body, whatever its type; of several the first is kept."""
    for name, body in shown.items():
        if not name.startswith("model "):
            for held, member in [(body, "requestModels")] + [
                (response, "responseModels") for response in (body.get("methodResponses") or {}).values()
            ]:
                held[member] = next(iter((held.get(member) or {}).values()), None)
    return shown


def test_the_documents_are_listed_with_their_licences() -> None:
    readme = (FOLDER / "README.md").read_text()
    assert len(DOCUMENTS) >= 11
    for name in DOCUMENTS:
        assert f"`{name}`" in readme
    assert sum((FOLDER / name).stat().st_size for name in DOCUMENTS) < 400_000
