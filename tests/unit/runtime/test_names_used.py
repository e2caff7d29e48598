"""What a template can see of `$context`: never less than it uses."""

import pytest

from innergate.runtime.mapping.render_mapping import render_mapping
from innergate.runtime.mapping.template_scope import Parameters, TemplateValues
from innergate.runtime.vtl import parse_template, properties_used


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("plain", set()),
        ("$context.a $!{context.b.c} $other.d", {"a", "b"}),
        ('#if($context.a == "$context.b")#set($x = [$context.c, {"k": $context.d}])#end', {"a", "b", "c", "d"}),
        ("#foreach($i in $context.list)$i.x#end$input.json($context.path)", {"list", "path"}),
        ("#set($context.responseOverride.status = $context.a)", {"responseOverride", "a"}),
        ("$context", None),
        ("$context.get('a')", None),
        ("$context['a']", None),
        ("$context.keySet", None),
        ("#set($all = $context)$all.b", None),
        ("#set($context = 1)", None),
        ("#foreach($i in $context)$i#end", None),
    ],
)
def test_properties_used(template: str, names: set[str] | None) -> None:
    assert properties_used(parse_template(template), "context") == (None if names is None else frozenset(names))


def test_what_is_used_is_there() -> None:
    context = {"a": {"b": [1, 2]}, "c": 3, "d": {"e": 4}}
    values = TemplateValues("{}", Parameters({}, {}, {}), context, {})
    template = "$context.a.b[1] #foreach($v in $context.d)$v#end $context.x#set($all = $context) $all.c $context.size()"
    assert render_mapping(template, values).text == "2 4 $context.x 3 5"
    assert render_mapping("$context.a.b[1] $context.c", values).text == "2 3"
