"""`innergate demo`."""

import shutil
import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from innergate.cli.output import complain, console, make_table, print_table


def demo(*, no_refusals: Annotated[bool, Parameter(help="Leave out what must fail.")] = False) -> int:
    """Perform both scenarios on a platform of its own, with real packets; then show what must fail."""
    from innergate.cli.demo.refusals import show_refusals
    from innergate.cli.demo.scenarios import api_url, cross_account, cross_network, make_world
    from innergate.cli.demo.stage import Stage
    from innergate.cli.explain import print_hops
    from innergate.driver.platform import PlatformFailed, RunningPlatform

    out = console()
    stage, began = Stage(out), time.monotonic()
    out.print("[bold]Innergate: private APIs across accounts and networks[/]\n")
    try:
        with RunningPlatform() as platform:
            started = time.monotonic() - began
            out.print(f"platform ready in {started:.1f} s, state {platform.state}", highlight=False)
            world = make_world(stage, platform)
            path = cross_account(stage, platform, world)
            other_api = cross_network(stage, platform, world, path.entry)
            for title, api, name in (("purple", path.api, "test"), ("red", other_api, "newtest")):
                out.print(f"\n[bold]the {title} path, as resolved[/]")
                print_hops(out, platform.simulate(world.consumer_network.vpc, "GET", api_url(api, name)))
            out.print()
            if not no_refusals:
                show_refusals(stage, platform, world, path)
            out.print("stopping ...", highlight=False)
    except PlatformFailed as failure:
        complain(f"the demo failed: {failure}")
        return 1
    out.print()
    rows = [(f"{d.group} {d.number}".strip(), d.title, d.result, f"{d.seconds:.2f} s") for d in stage.done]
    print_table(out, make_table(("step", "what", "result", "took"), rows))
    out.print(
        f"\n[bold green]all of it worked[/], in {time.monotonic() - began:.1f} s. Next, on a platform of your own:"
    )
    if shutil.which("innergate") is None:
        out.print(f'  export PATH="{Path(sys.executable).parent}:$PATH"', soft_wrap=True)
    out.print("  innergate up                                   in one terminal")
    out.print('  innergate account add NAME; eval "$(innergate env NAME)"; aws ec2 describe-vpcs')
    out.print("  innergate simulate GET https://API.execute-api.us-east-1.amazonaws.com/STAGE/ --from VPC")
    return 0
