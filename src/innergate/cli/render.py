"""`innergate render`: what a mapping template gives, without any API."""

import json
import sys
from typing import Annotated

from cyclopts import Parameter

from innergate.cli.inputs import read_object, read_pairs, read_text
from innergate.cli.output import complain

Pairs = Annotated[tuple[str, ...], Parameter(help="NAME=VALUE; may be repeated.")]


def render(
    template: Annotated[
        str, Parameter(allow_leading_hyphen=True, help="A file with the template; - reads it from standard input.")
    ],
    /,
    *,
    input: Annotated[str, Parameter(help="A file with the body that $input sees; {} by default.")] = "",
    path: Pairs = (),
    query: Pairs = (),
    header: Pairs = (),
    variable: Pairs = (),
    context: Annotated[str, Parameter(help="A file with the JSON object behind $context.")] = "",
) -> int:
    """Render a mapping template as API Gateway would; overrides go to standard error."""
    from innergate.runtime.mapping.render_mapping import MappingFailed, render_mapping
    from innergate.runtime.mapping.template_scope import Parameters, TemplateValues

    parameters = Parameters(read_pairs("--path", path), read_pairs("--query", query), read_pairs("--header", header))
    facts = read_object(context) if context else {}
    variables = read_pairs("--variable", variable)
    values = TemplateValues(read_text(input) if input else "{}", parameters, facts, variables)
    text = read_text(template)
    try:
        rendered = render_mapping(text, values)
    except MappingFailed as failure:
        complain(f"the template fails, and a call would get 500: {failure}")
        return 1
    sys.stdout.write(rendered.text)
    overrides = {name: value for name, value in rendered.overrides._asdict().items() if value}
    if overrides:
        sys.stderr.write(f"overrides: {json.dumps(overrides)}\n")
    return 0
