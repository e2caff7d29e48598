"""Security groups and rules, in both writings, with AWS's words for what it refuses."""

from typing import Any

HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}


def test_terraform_revokes_the_first_egress_rule_and_finds_no_second(ec2: Any) -> None:
    group = ec2.group(ec2.vpc())
    everything = {"IpProtocol": "-1", "FromPort": 0, "ToPort": 0}
    ec2(
        "RevokeSecurityGroupEgress", GroupId=group, IpPermissions=[everything | {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    again = ec2.refused(
        "RevokeSecurityGroupEgress", GroupId=group, IpPermissions=[everything | {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]
    )
    assert again == ("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
    (shown,) = ec2("DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"]
    assert shown["IpPermissionsEgress"] == []


def test_rules_have_ids_that_read_modify_and_revoke(ec2: Any) -> None:
    group = ec2.group(ec2.vpc())
    made = ec2(
        "AuthorizeSecurityGroupIngress",
        GroupId=group,
        IpPermissions=[HTTPS],
        TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": [{"Key": "a", "Value": "b"}]}],
    )
    (rule,) = made["SecurityGroupRules"]
    id = rule["SecurityGroupRuleId"]
    assert (rule["CidrIpv4"], rule["IsEgress"], rule["FromPort"]) == ("10.0.0.0/16", False, 443)
    ec2(
        "ModifySecurityGroupRules",
        GroupId=group,
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": id,
                "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIpv4": "10.0.0.0/8"},
            }
        ],
    )
    ec2(
        "UpdateSecurityGroupRuleDescriptionsIngress",
        GroupId=group,
        SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": id, "Description": "web"}],
    )
    (read,) = ec2("DescribeSecurityGroupRules", SecurityGroupRuleIds=[id])["SecurityGroupRules"]
    assert (read["CidrIpv4"], read["FromPort"], read["Description"]) == ("10.0.0.0/8", 80, "web")
    assert read["Tags"] == [{"Key": "a", "Value": "b"}]
    wrong_way = ec2.refused("RevokeSecurityGroupEgress", GroupId=group, SecurityGroupRuleIds=[id])
    assert wrong_way[0] == "InvalidSecurityGroupRuleId.NotFound"
    ec2("RevokeSecurityGroupIngress", GroupId=group, SecurityGroupRuleIds=[id])
    assert ec2.refused("DescribeSecurityGroupRules", SecurityGroupRuleIds=[id]) == (
        "InvalidSecurityGroupRuleId.NotFound",
        f"The security group rule ID '{id}' does not exist",
    )


def test_duplicates(ec2: Any) -> None:
    vpc = ec2.vpc()
    group = ec2.group(vpc)
    ec2("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[HTTPS])
    assert ec2.refused("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[HTTPS]) == (
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 10.0.0.0/16, TCP, from port: 443, to port: 443, ALLOW" already exists',
    )
    assert ec2.refused("CreateSecurityGroup", VpcId=vpc, GroupName="web", Description="x") == (
        "InvalidGroup.Duplicate",
        f"The security group 'web' already exists for VPC '{vpc}'",
    )


def test_permissions_are_grouped_by_protocol_and_ports(ec2: Any) -> None:
    vpc = ec2.vpc()
    group, other = ec2.group(vpc), ec2.group(vpc, "other")
    second = HTTPS | {
        "IpRanges": [{"CidrIp": "192.168.1.7/32", "Description": "me"}],
        "UserIdGroupPairs": [{"GroupId": other}],
    }
    ec2("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[HTTPS, second])
    (shown,) = ec2("DescribeSecurityGroups", Filters=[{"Name": "ip-permission.cidr", "Values": ["192.168.*"]}])[
        "SecurityGroups"
    ]
    assert shown["IpPermissions"] == [
        {
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "IpRanges": [{"CidrIp": "10.0.0.0/16"}, {"CidrIp": "192.168.1.7/32", "Description": "me"}],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
            "UserIdGroupPairs": [{"GroupId": other, "UserId": "111122223333"}],
        }
    ]
    assert ec2.refused("DeleteSecurityGroup", GroupId=other) == (
        "DependencyViolation",
        f"resource {other} has a dependent object",
    )


def test_the_default_group_stays(ec2: Any) -> None:
    vpc = ec2.vpc()
    (group,) = ec2("DescribeSecurityGroups", Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    assert ec2.refused("DeleteSecurityGroup", GroupId=group["GroupId"])[0] == "CannotDelete"


def test_a_rule_cannot_name_a_strangers_group(ec2: Any) -> None:
    stranger = ec2.group(ec2.vpc(account="444455556666"), account="444455556666")
    group = ec2.group(ec2.vpc())
    pair = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": stranger}]}
    assert ec2.refused("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[pair]) == (
        "InvalidGroup.NotFound",
        f"The security group '{stranger}' does not exist",
    )


def test_a_strangers_group_is_known_only_where_the_networks_are_joined(ec2: Any) -> None:
    theirs = ec2.vpc(account="444455556666")
    stranger = ec2.group(theirs, account="444455556666")
    mine = ec2.vpc(cidr="10.9.0.0/16")
    group = ec2.group(mine)
    pair = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": stranger, "UserId": "444455556666"}]}
    rule = {"GroupId": group, "IpPermissions": [pair]}
    assert ec2.refused("AuthorizeSecurityGroupIngress", **rule)[0] == "InvalidGroup.NotFound"
    peering = ec2("CreateVpcPeeringConnection", VpcId=mine, PeerVpcId=theirs, PeerOwnerId="444455556666")
    id = peering["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    assert ec2.refused("AuthorizeSecurityGroupIngress", **rule)[0] == "InvalidGroup.NotFound"
    ec2("AcceptVpcPeeringConnection", account="444455556666", VpcPeeringConnectionId=id)
    assert ec2("AuthorizeSecurityGroupIngress", **rule)["Return"] is True


def test_a_rule_follows_only_prefix_lists_that_one_may_read(ec2: Any) -> None:
    group = ec2.group(ec2.vpc())
    ask = {"PrefixListName": "l", "MaxEntries": 1, "AddressFamily": "IPv4"}
    theirs = ec2("CreateManagedPrefixList", account="444455556666", **ask)["PrefixList"]["PrefixListId"]
    pair = {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": theirs}]}
    assert ec2.refused("AuthorizeSecurityGroupEgress", GroupId=group, IpPermissions=[pair])[0] == (
        "InvalidPrefixListID.NotFound"
    )
    for known in ("CreateManagedPrefixList", "DescribePrefixLists"):
        seen = ec2(known, **(ask if known.startswith("Create") else {}))
        id = (seen.get("PrefixList") or seen["PrefixLists"][0])["PrefixListId"]
        pair = {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": id}]}
        assert ec2("AuthorizeSecurityGroupEgress", GroupId=group, IpPermissions=[pair])["Return"] is True


def test_a_rule_names_groups_of_joined_networks_only(ec2: Any) -> None:
    mine, theirs = ec2.vpc("10.0.0.0/16"), ec2.vpc("10.9.0.0/16")
    group, other = ec2.group(mine), ec2.group(theirs)
    rule = {"GroupId": group, "IpPermissions": [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]}]}
    assert ec2.refused("AuthorizeSecurityGroupIngress", **rule) == (
        "InvalidGroup.NotFound",
        "You have specified two resources that belong to different networks.",
    )
    peering = ec2("CreateVpcPeeringConnection", VpcId=mine, PeerVpcId=theirs)["VpcPeeringConnection"]
    ec2("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering["VpcPeeringConnectionId"])
    assert ec2("AuthorizeSecurityGroupIngress", **rule)["Return"] is True
