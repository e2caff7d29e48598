"""Mapping templates with API Gateway's objects in them."""

import json

import pytest

from innergate.runtime.mapping.render_mapping import MappingFailed, Rendered, render_mapping
from innergate.runtime.mapping.template_scope import Parameters, TemplateValues
from innergate.testing.cpu_time import cpu_seconds

BODY = json.dumps({"pets": [{"id": 1, "name": 'Rex "the" dog\'s'}, {"id": 2, "name": "Tom"}], "total": 2, "ok": True})


def rendered(template: str, body: str = BODY) -> Rendered:
    parameters = Parameters({"id": "p1"}, {"id": "q1", "page": "2"}, {"X-Trace": "h1", "Accept": "*/*"})
    context = {"requestId": "r-1", "identity": {"sourceIp": "10.0.0.9"}, "authorizer": {"claims": {"sub": "s"}}}
    return render_mapping(template, TemplateValues(body, parameters, context, {"table": "pets"}))


CASES = (
    ("$input.json('$.pets[0].id')", "1"),
    ("$input.json('$.pets[*].id')", "[1,2]"),
    ("$input.json('$.missing')|$input.json('$.ok')|$input.json('total')", "|true|2"),
    ("$input.path('$.pets').size() $input.path('$').total", "2 2"),
    ("$input.path('$.pets[1]')", "{id=2, name=Tom}"),
    ("#foreach($p in $input.path('$.pets'))$p.name.length()#if($foreach.hasNext),#end#end", "15,3"),
    ("$input.params('id') $input.params('page') $input.params('x-trace') [$input.params('none')]", "p1 2 h1 []"),
    ("$input.params().querystring.page $input.params().header['X-Trace']", "2 h1"),
    ("#foreach($k in $input.params().path.keySet())$k=$input.params().path.get($k)#end", "id=p1"),
    ("$util.escapeJavaScript($input.path('$.pets[0].name'))", 'Rex \\"the\\" dog\\\'s'),
    (
        "$util.escapeJavaScript($input.params()) $util.base64Encode(1)",
        "$util.escapeJavaScript($input.params()) $util.base64Encode(1)",
    ),
    ("$util.urlEncode('a b&c') $util.urlDecode('a+b%26c')", "a+b%26c a b&c"),
    ("$util.base64Encode('hi') $util.base64Decode('aGk=')", "aGk= hi"),
    ("$util.parseJson('{\"a\": [1]}').a[0]", "1"),
    (
        "$context.requestId $context.identity.sourceIp $context.authorizer.claims.sub $context.nope",
        "r-1 10.0.0.9 s $context.nope",
    ),
    ("$stageVariables.table ${stageVariables['table']}", "pets pets"),
)


@pytest.mark.parametrize(("template", "wanted"), CASES)
def test_renders(template: str, wanted: str) -> None:
    assert rendered(template).text == wanted


def test_the_body_is_the_body() -> None:
    assert rendered("$input.body").text == BODY
    assert rendered("$input.json('$')", "").text == "{}"


def test_overrides_are_read_back() -> None:
    template = """#set($context.requestOverride.path.id = "x")
#set($context.requestOverride.header.A = "1")
#set($context.requestOverride.querystring.q = $input.params('page'))
#set($context.responseOverride.header.B = "2")
#set($context.responseOverride.status = 418)
"""
    overrides = rendered(template).overrides
    assert (overrides.path, overrides.header, overrides.querystring) == ({"id": "x"}, {"A": "1"}, {"q": "2"})
    assert (overrides.response_header, overrides.response_status) == ({"B": "2"}, 418)
    assert rendered("#set($context.responseOverride.status = 42)").overrides.response_status is None


def test_a_template_changes_only_its_own_copy() -> None:
    template = "#set($p = $input.path('$.pets'))#set($d = $p.clear())$p.size() $input.path('$.pets').size()"
    assert rendered(template).text == "0 2"


@pytest.mark.parametrize(
    "template",
    ["#if(", "$input.json('$.pets[?(@.name =~ /a/)]')", "#foreach($a in [1..2000])#end", "$input.path('$..[')"],
)
def test_what_cannot_be_rendered_says_so(template: str) -> None:
    with pytest.raises(MappingFailed):
        rendered(template)


def test_a_body_that_is_no_json_fails_where_json_is_asked_for() -> None:
    assert rendered("$input.body", "plain").text == "plain"
    with pytest.raises(MappingFailed, match="no JSON"):
        rendered("$input.json('$')", "plain")


def test_a_template_may_put_anything_in_the_place_of_overrides() -> None:
    assert rendered("#set($context.requestOverride = 'x')#set($context.responseOverride.header = 1)").overrides == (
        {},
        {},
        {},
        {},
        None,
    )
    assert rendered("#set($context = 'x')$context").text == "x"


DEEP = "[" * 60 + "1" + "]" * 60
WIDE = json.dumps([{"a": n, "b": [1, 2, 3]} for n in range(5000)])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("$..*..*..*..*", DEEP),
        ("$..*..*", f"[{WIDE},{WIDE},{WIDE}]"),
        ("$[?(@.a > 1 && $..b)]", WIDE),
        ("$" + "[0,0]" * 50, DEEP),
        ("$" + "[0,0]" * 9, WIDE),
    ],
)
def test_a_path_that_leads_everywhere_is_cut(path: str, body: str) -> None:
    with pytest.raises(MappingFailed, match="JSONPath"):
        rendered(f"$input.json('{path}')", body)


LARGE = json.dumps([{"a": n} for n in range(50_000)])


@pytest.mark.parametrize(
    "template",
    [
        "#foreach($i in [1..1000])#set($x = $input.path('$'))#end",
        "#foreach($i in [1..1000])#set($x = $input.json('$..a'))#end",
        "#foreach($i in [1..1000])#set($x = $input.json('$[*].b'))#end",
        "#set($t = $input.body)#foreach($i in [1..1000])#set($x = $util.parseJson($t))#end",
        "#set($t = $input.body)#foreach($i in [1..1000])#set($x = $t.split(','))#end",
    ],
)
def test_a_template_that_looks_at_a_large_body_over_and_over_is_cut(template: str) -> None:
    def cut() -> None:
        with pytest.raises(MappingFailed):
            rendered(template, LARGE)

    assert cpu_seconds(cut, 5) < 5


def test_ten_megabytes_may_be_handed_on() -> None:
    body = json.dumps([0] * 3_000_000, separators=(",", ":"))
    assert rendered("$input.json('$')", body).text == body


def test_a_template_may_look_at_a_large_body_now_and_then() -> None:
    template = "#foreach($i in [1..5])$input.path('$').size() $input.json('$[7].a') #end$input.body.length()"
    assert rendered(template, LARGE).text == "50000 7 " * 5 + str(len(LARGE))


def test_an_honest_path_may_look_everywhere() -> None:
    assert len(json.loads(rendered("$input.json('$..a')", WIDE).text)) == 5000
    assert len(json.loads(rendered("$input.json('$[?(@.a > 10)]')", WIDE).text)) == 4989
    assert rendered("$input.json(\"$['a,b', 'c..d']\")", '{"a,b": 1, "c..d": 2}').text == "[1,2]"


def test_what_contains_itself_fails() -> None:
    first = rendered("#set($context.requestOverride.header.a = $context.requestOverride)")
    values = TemplateValues("", Parameters({}, {}, {}), first.context_overrides, {})
    with pytest.raises(MappingFailed):
        render_mapping("$context.requestOverride", values)
