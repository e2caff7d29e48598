"""Amazon EC2's networks: VPCs and all that lies in them, transit gateways, peering, PrivateLink.

`operations` is the one visible table; it also puts around every operation what is the same for all (DryRun, the default
network). A module is named after its noun and holds its operations and its document (how EC2 answers it).

What the nouns share: `identifiers` (kinds of ids, faults of unknown ones), `filters` and `listing` (what
every describe operation does), `tag_sets` (tags in requests and answers), `idempotency` (client tokens, kept on the resource),
`resource_arns` (what IAM is asked). `address_allocation` is where every network interface gets its address, whoever it is for;
`default_network` makes the network that an account finds in a region, from ids that follow from account and region.

Operations check and write resources; nothing here knows how packets are carried.
"""
