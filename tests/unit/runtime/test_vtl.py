"""The template language: what goes out for what goes in, and what is cut off."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzzing import fuzzed

from innergate.runtime.vtl import (
    Budget,
    TemplateFailed,
    TemplateSyntaxError,
    TemplateTooCostly,
    parse_template,
    render,
)

SCOPE: dict[str, Any] = {
    "name": "Ada",
    "none": None,
    "yes": True,
    "n": 7,
    "list": [1, 2, 3],
    "map": {"a": 1, "b": [1, {"c": "d"}]},
}

CASES = (
    # references
    ("hello $name, ${name}s", "hello Ada, Adas"),
    ("$unknown $!unknown|$name.unknown|$!{none}", "$unknown |$name.unknown|"),
    ("$5 and user@example.com # 1", "$5 and user@example.com # 1"),
    ("$map.a $map['a'] $map.b[1].c ${map.b.get(0)}", "1 1 d 1"),
    ("$map", "{a=1, b=[1, {c=d}]}"),
    ("$list $yes", "[1, 2, 3] true"),
    # directives take the end of their line along
    ("#set($x = 1)\na$x", "a1"),
    ("a\n#if($yes)\n  b\n#else\n  c\n#end\nd", "a\n  b\nd"),
    ("#if($none)a#elseif($n == 7)b#{else}c#end", "b"),
    ("#foreach($i in $list)$i#if($foreach.hasNext),#end#end", "1,2,3"),
    ("#foreach($i in $list)$foreach.count:$velocityCount #if($i == 2)#break#end#end", "1:1 2:2 "),
    ("#foreach($i in $map)$i;#end $!i", "1;[1, {c=d}]; "),
    ("#foreach($k in $map.keySet())$k=$map.get($k) #end", "a=1 b=[1, {c=d}] "),
    ("a#stop b", "a"),
    ("a## rest\nb #* all of\nthis *#c #[[ $name #set ]]#", "ab c  $name #set "),
    # expressions
    ("#set($x = 7 / 2)$x #set($x = -7 / 2)$x #set($x = 7 % 4)$x #set($x = 1 + 2 * 3)$x", "3 -3 3 7"),
    ("#set($x = (1 + 2) * 3)$x #set($x = 7.0 / 2)$x #set($x = 1 / 0)$x", "9 3.5 3.5"),
    ("#if($n > 3 && $n <= 7 and !$none)in#end", "in"),
    ("#if($none || false or $n eq 7)or#end#if($n ne 7)no#end", "or"),
    ("#if('7' == $n)same text#end", "same text"),
    ("#set($q = \"it's $name and ${map.a}\")$q #set($s = '$name')$s", "it's Ada and 1 $name"),
    ('#set($q = "say ""yes""")$q', 'say "yes"'),
    ("#set($m = {'k': [1..3], \"l\": {}})$m $m.k.size() $m.l.isEmpty()", "{k=[1, 2, 3], l={}} 3 true"),
    ("#set($m = {})#set($m.a = 1)#set($m['b'] = 2)#set($d = $m.put('c', 3))$m $!d", "{a=1, b=2, c=3} "),
    ("#set($l = [])#set($d = $l.add('x'))#set($l[0] = 'y')$l $l.contains('y')", "[y] true"),
    ("#set($x = 1)#set($x = $none)$x", "1"),
    # methods
    ("$name.toUpperCase() $name.length() $name.substring(1) $name.substring(0, 1) $name.indexOf('d')", "ADA 3 da A 1"),
    (
        "$name.replace('A', 'a') $name.replaceAll('[a-z]', '-') $name.matches('A.a') $name.split('d')",
        "ada A-- true [A, a]",
    ),
    ("$name.equals('Ada') $name.equalsIgnoreCase('ADA') $name.contains('x') $name.hashCode()", "true true false 65662"),
    ("$n.parseInt('12') $list.indexOf(3) $map.containsKey('z') $map.size()", "12 2 false 2"),
    ("#foreach($e in $map.entrySet())$e.key:$e.getValue() #end", "a:1 b:[1, {c=d}] "),
)


@pytest.mark.parametrize(("template", "wanted"), CASES)
def test_renders(template: str, wanted: str) -> None:
    assert render(parse_template(template), {**SCOPE, "map": {"a": 1, "b": [1, {"c": "d"}]}}) == wanted


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("#if($x)", "#end is missing"),
        ("a\n#end", "line 2: #end has no beginning"),
        ("#set($x 1)", "expected '='"),
        ("#set(x = 1)", "expected a reference"),
        ("#set($x = 'a)", "does not end"),
        ("#foreach($a.b in [1])#end", "plain name"),
        ("#set($x = " + "(" * 200 + "1" + ")" * 200 + ")", "nested too deeply"),
        ("#if(true)" * 200 + "#end" * 200, "nested too deeply"),
        ("x" * (300 * 1024 + 1), "at most"),
    ],
)
def test_says_what_is_wrong(template: str, said: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=said):
        parse_template(template)


RUNAWAYS = (
    "#foreach($a in [1..1000])#foreach($b in [1..1000])$b#end#end",
    "#foreach($a in [1..5000])$a#end",
    "#set($s = 'xxxxxxxxxxxxxxxx')#foreach($a in [1..60])#set($s = $s + $s)#end$s",
    "#set($n = 9)#foreach($a in [1..100])#set($n = $n * $n)#end$n",
    "#set($l = [])#foreach($a in [1..90])#set($d = $l.add($l))#end$l",
    "#set($s = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')$s.replaceAll('(a+)+', '')",
    "#set($s = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')$s.replaceAll('(a|a)*$', 'x')",
    "#set($m = {})#foreach($a in [1..900])#set($m = {'m': $m})#end$m",
)


@pytest.mark.parametrize("template", RUNAWAYS)
def test_cuts_off_what_runs_away(template: str) -> None:
    with pytest.raises(TemplateTooCostly):
        render(parse_template(template), {})


def test_a_break_outside_a_loop_fails() -> None:
    with pytest.raises(TemplateFailed):
        render(parse_template("#break"), {})


def test_nothing_of_python_is_reachable() -> None:
    template = "$name.__class__ $name.format $list.append $map.__init__ $!name.getClass() $list.pop(0)"
    assert render(parse_template(template), {**SCOPE}) == (
        "$name.__class__ $name.format $list.append $map.__init__  $list.pop(0)"
    )


@fuzzed(settings(max_examples=300, deadline=None, derandomize=True))
@given(st.text(alphabet="#${}[]()!.abset=ifndlo\"'1 ,:*\n", max_size=60))
def test_any_text_renders_or_is_refused(text: str) -> None:
    try:
        rendered = render(parse_template(text), {"a": {"b": [1]}}, Budget(steps=5000))
    except (TemplateSyntaxError, TemplateFailed, TemplateTooCostly):
        return
    assert isinstance(rendered, str)


def test_a_brace_after_a_directive_is_text() -> None:
    template = '{"a": #if($yes)1#{else}2#end}'
    assert render(parse_template(template), {"yes": True}) == '{"a": 1}'
    assert render(parse_template(template), {"yes": False}) == '{"a": 2}'


def test_keys_and_numbers_that_java_has_no_place_for_are_unknown() -> None:
    template = "$map[$list] $big.intValue() #set($map[$list] = 1)$map.size()"
    scope = {"map": {"a": 1}, "list": [1], "big": float("inf")}
    assert render(parse_template(template), scope) == "$map[$list] $big.intValue() 2"
