"""The node agent: makes one machine's kernel, resolvers, workloads and Envoy as a plan says, and reports what it sees.

`state` describes what a plan wants, `diff` compares it with what is there (both pure), `kernel` does the difference over
`netlink` (`rtnetlink`, `nftables`, `namespaces`); `node` remembers what was done. `resolvers` answers DNS by `answers`.
`processes` keeps what must outlive the agent: `workloads` and `envoy_process`. `agent` runs it all beside `control_link`;
`rootless` does so in a user namespace, and `launch` puts a command inside a network.
"""
