#!/usr/bin/env bash
# Both scenarios by the AWS CLI: a private REST API over PrivateLink to another account (steps 1-8), and one to another
# network over a transit gateway (steps 9-12).
#
#   private-apis.sh up|down
#
# From the environment:
#   ENDPOINT_URL                        where the AWS APIs are
#   APP_KEY APP_SECRET GW_KEY GW_SECRET the access keys of the application's and the gateway's account
#   START_ORIGIN   called as START_ORIGIN VPC SUBNET IP PORT NAME, starts a backend (see start-origin)
#   CONSUMER_RUN   runs a command inside the VPC {vpc}: "innergate exec --vpc {vpc} --"
#   OUTSIDE_RUN    runs a command where the APIs must not answer
#   INVOKE=1       calls the APIs            WAIT_TARGETS=1  waits until the link's targets are healthy
#   STATE          file of the ids made (private-apis.ids)     AWS_CLI  the client (aws)     NAME  prefix of all names
set -euo pipefail
: "${ENDPOINT_URL:?}" "${APP_KEY:?}" "${APP_SECRET:?}" "${GW_KEY:?}" "${GW_SECRET:?}"
STATE=${STATE:-private-apis.ids} NAME=${NAME:-private-apis} AWS_CLI=${AWS_CLI:-aws}
export AWS_REGION=${AWS_REGION:-us-east-1} AWS_PAGER="" AWS_EC2_METADATA_DISABLED=true
export AWS_DEFAULT_REGION=$AWS_REGION AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
RANGE=10.0.0.0/16 OTHER_RANGE=172.31.0.0/16 OTHER_HOST=172.31.12.59 PODS="10.0.1.21 10.0.2.22"

application() { AWS_ACCESS_KEY_ID=$APP_KEY AWS_SECRET_ACCESS_KEY=$APP_SECRET $AWS_CLI --endpoint-url "$ENDPOINT_URL" --output text "$@"; }
gateway() { AWS_ACCESS_KEY_ID=$GW_KEY AWS_SECRET_ACCESS_KEY=$GW_SECRET $AWS_CLI --endpoint-url "$ENDPOINT_URL" --output text "$@"; }
say() { printf '\n%s\n' "$*"; }
note() { declare -g "$1=$2"; echo "$1='$2'" >> "$STATE"; echo "   $1 = $2"; }
wait_for() { # WANTED command...: until the command prints WANTED, a minute at most
  local wanted=$1 seen=""; shift
  for _ in $(seq 60); do seen=$("$@"); if [ "$seen" = "$wanted" ]; then return; fi; sleep 1; done
  echo "   waited for '$wanted', last seen '$seen': $*" >&2; exit 1
}

network() { # ACCOUNT PREFIX NAME RANGE SUBNET-OCTETS: VPC and subnets, kept as PREFIX_VPC, PREFIX_SUBNETS
  local as=$1 vpc subnets="" zone=a octet
  vpc=$($as ec2 create-vpc --cidr-block "$4" --tag-specifications "ResourceType=vpc,Tags=[{Key=Name,Value=$NAME-$3}]" --query Vpc.VpcId)
  $as ec2 wait vpc-available --vpc-ids "$vpc"
  $as ec2 modify-vpc-attribute --vpc-id "$vpc" --enable-dns-hostnames Value=true
  for octet in $5; do
    subnets+=" $($as ec2 create-subnet --vpc-id "$vpc" --cidr-block "${4%.*.*}.$octet.0/24" --availability-zone "$AWS_REGION$zone" --query Subnet.SubnetId)"
    zone=b
  done
  note "$2_VPC" "$vpc"; note "$2_SUBNETS" "${subnets# }"
}

balancer() { # ACCOUNT PREFIX NAME VPC SUBNETS TARGETS...: kept as PREFIX_GROUP, PREFIX_BALANCER, PREFIX_DNS, PREFIX_LISTENER
  local as=$1 prefix=$2 name=$NAME-$3 vpc=$4 subnets=$5 made; shift 5
  note "${prefix}_GROUP" "$($as elbv2 create-target-group --name "$name" --protocol TCP --port 80 --target-type ip --vpc-id "$vpc" --query 'TargetGroups[0].TargetGroupArn')"
  local group=${prefix}_GROUP balancer=${prefix}_BALANCER
  $as elbv2 register-targets --target-group-arn "${!group}" --targets "$@"
  # shellcheck disable=SC2086
  made=$($as elbv2 create-load-balancer --name "$name" --type network --scheme internal --subnets $subnets --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]')
  note "$balancer" "${made%%[[:space:]]*}"; note "${prefix}_DNS" "${made##*[[:space:]]}"
  $as elbv2 wait load-balancer-available --load-balancer-arns "${!balancer}"
  note "${prefix}_LISTENER" "$($as elbv2 create-listener --load-balancer-arn "${!balancer}" --protocol TCP --port 80 --default-actions "Type=forward,TargetGroupArn=${!group}" --query 'Listeners[0].ListenerArn')"
}

link() { # PREFIX NAME BALANCER
  note "$1_LINK" "$(gateway apigateway create-vpc-link --name "$NAME-$2" --target-arns "$3" --query id)"
  local id=$1_LINK
  wait_for AVAILABLE gateway apigateway get-vpc-link --vpc-link-id "${!id}" --query status
}

api() { # PREFIX NAME LINK DNS STAGE: a private API that hands everything over, with CORS and a policy, deployed
  local api root proxy resource path header
  api=$(gateway apigateway create-rest-api --name "$NAME-$2" --endpoint-configuration "types=PRIVATE,vpcEndpointIds=$ENTRY" --query id)
  note "$1_API" "$api"
  root=$(gateway apigateway get-resources --rest-api-id "$api" --query 'items[0].id')
  proxy=$(gateway apigateway create-resource --rest-api-id "$api" --parent-id "$root" --path-part '{proxy+}' --query id)
  for resource in "$root" "$proxy"; do
    local at=(--rest-api-id "$api" --resource-id "$resource") mapping=() declared=() ; path=""
    if [ "$resource" = "$proxy" ]; then
      path="{proxy}" declared=(--request-parameters method.request.path.proxy=true)
      mapping=(--request-parameters integration.request.path.proxy=method.request.path.proxy)
    fi
    gateway apigateway put-method "${at[@]}" --http-method ANY --authorization-type NONE "${declared[@]}" > /dev/null
    gateway apigateway put-integration "${at[@]}" --http-method ANY --type HTTP_PROXY --integration-http-method ANY \
      --uri "http://$4/$path" --connection-type VPC_LINK --connection-id "$3" "${mapping[@]}" > /dev/null
  done
  header=method.response.header.Access-Control-Allow-Origin
  local options=(--rest-api-id "$api" --resource-id "$proxy" --http-method OPTIONS)
  gateway apigateway put-method "${options[@]}" --authorization-type NONE > /dev/null
  gateway apigateway put-integration "${options[@]}" --type MOCK --request-templates '{"application/json":"{\"statusCode\": 200}"}' > /dev/null
  gateway apigateway put-method-response "${options[@]}" --status-code 200 --response-parameters "$header=false" > /dev/null
  gateway apigateway put-integration-response "${options[@]}" --status-code 200 --response-parameters "{\"$header\":\"'*'\"}" > /dev/null
  gateway apigateway update-rest-api --rest-api-id "$api" --patch-operations "$(policy_patch "$ENTRY")" > /dev/null
  gateway apigateway create-deployment --rest-api-id "$api" --stage-name "$5" > /dev/null
}

policy_patch() { # ENDPOINT
  python3 - "$1" <<'PY'
import json, sys
allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
deny = {**allow, "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:SourceVpce": sys.argv[1]}}}
policy = json.dumps({"Version": "2012-10-17", "Statement": [deny, allow]})
print(json.dumps([{"op": "replace", "path": "/policy", "value": policy}]))
PY
}

invoke() { # API STAGE
  local url=https://$1.execute-api.$AWS_REGION.amazonaws.com/$2 run=${CONSUMER_RUN//\{vpc\}/$GATEWAY_VPC} path code
  [ "${INVOKE:-0}" = 1 ] || return 0
  for path in "/" "/foo/bar?x=1"; do
    code=$($run curl -sS -m 20 -o /dev/null -w '%{http_code}' "$url$path")
    echo "   GET $url$path -> $code"
    [ "$code" = 200 ]
  done
  $run curl -sS -m 20 -X OPTIONS -D - -o /dev/null "$url/foo" | grep -i '^access-control-allow-origin'
  [ -n "${OUTSIDE_RUN:-}" ] || return 0
  code=$($OUTSIDE_RUN curl -sS -m 8 -o /dev/null -w '%{http_code}' "$url/" || true)
  echo "   from outside -> $code"
  [ "$code" != 200 ]
}

up() {
  : > "$STATE"
  say "1 networks of the same range in both accounts, with backends in the application's"
  network application APPLICATION application "$RANGE" "1 2"
  network gateway GATEWAY gateway "$RANGE" "1 2"
  for ip in $PODS; do ${START_ORIGIN:-true} "$APPLICATION_VPC" "${APPLICATION_SUBNETS%% *}" "$ip" 80 "pod-$ip"; done
  note GROUP "$(gateway ec2 create-security-group --vpc-id "$GATEWAY_VPC" --group-name "$NAME" --description endpoints --query GroupId)"
  for port in 80 443; do
    gateway ec2 authorize-security-group-ingress --group-id "$GROUP" --protocol tcp --port $port --cidr "$RANGE" > /dev/null
  done
  say "2 application: an internal load balancer"
  # shellcheck disable=SC2046
  balancer application APPLICATION application "$APPLICATION_VPC" "$APPLICATION_SUBNETS" $(printf 'Id=%s ' $PODS)
  say "3 application: an endpoint service that admits the gateway's account"
  note SERVICE "$(application ec2 create-vpc-endpoint-service-configuration --network-load-balancer-arns "$APPLICATION_BALANCER" --acceptance-required --query ServiceConfiguration.ServiceId)"
  note PRINCIPAL "arn:aws:iam::$(gateway sts get-caller-identity --query Account):root"
  application ec2 modify-vpc-endpoint-service-permissions --service-id "$SERVICE" --add-allowed-principals "$PRINCIPAL" > /dev/null
  say "4 gateway: an endpoint of that service; application: accepts it"
  local name=com.amazonaws.vpce.$AWS_REGION.$SERVICE
  gateway ec2 describe-vpc-endpoint-services --service-names "$name" --query 'ServiceDetails[0].[ServiceName,Owner,AcceptanceRequired]'
  # shellcheck disable=SC2086
  note ENDPOINT "$(gateway ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id "$GATEWAY_VPC" --service-name "$name" --subnet-ids $GATEWAY_SUBNETS --security-group-ids "$GROUP" --query VpcEndpoint.VpcEndpointId)"
  wait_for pendingAcceptance gateway ec2 describe-vpc-endpoints --vpc-endpoint-ids "$ENDPOINT" --query 'VpcEndpoints[0].State'
  application ec2 accept-vpc-endpoint-connections --service-id "$SERVICE" --vpc-endpoint-ids "$ENDPOINT"
  wait_for available gateway ec2 describe-vpc-endpoints --vpc-endpoint-ids "$ENDPOINT" --query 'VpcEndpoints[0].State'
  say "5 gateway: a load balancer whose targets are the endpoint's addresses, and a VPC link to it"
  local addresses
  addresses=$(gateway ec2 describe-network-interfaces --filters "Name=description,Values=VPC Endpoint Interface $ENDPOINT" --query 'NetworkInterfaces[].PrivateIpAddress')
  # shellcheck disable=SC2046,SC2086
  balancer gateway LINK link "$GATEWAY_VPC" "$GATEWAY_SUBNETS" $(printf 'Id=%s ' $addresses)
  [ "${WAIT_TARGETS:-0}" = 0 ] || gateway elbv2 wait target-in-service --target-group-arn "$LINK_GROUP"
  link APPLICATION application "$LINK_BALANCER"
  say "6 gateway: an execute-api endpoint, the way in"
  # shellcheck disable=SC2086
  note ENTRY "$(gateway ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id "$GATEWAY_VPC" --service-name "com.amazonaws.$AWS_REGION.execute-api" --subnet-ids $GATEWAY_SUBNETS --security-group-ids "$GROUP" --private-dns-enabled --query VpcEndpoint.VpcEndpointId)"
  wait_for available gateway ec2 describe-vpc-endpoints --vpc-endpoint-ids "$ENTRY" --query 'VpcEndpoints[0].State'
  say "7 gateway: the private API"
  api APPLICATION application "$APPLICATION_LINK" "$LINK_DNS" test
  say "8 consumer: calls it"
  invoke "$APPLICATION_API" test
  say "9 another network with a backend, joined by a transit gateway"
  network gateway OTHER other "$OTHER_RANGE" 12
  ${START_ORIGIN:-true} "$OTHER_VPC" "$OTHER_SUBNETS" "$OTHER_HOST" 80 other-host
  note TRANSIT "$(gateway ec2 create-transit-gateway --query TransitGateway.TransitGatewayId)"
  wait_for available gateway ec2 describe-transit-gateways --transit-gateway-ids "$TRANSIT" --query 'TransitGateways[0].State'
  attach GATEWAY "$OTHER_RANGE"
  attach OTHER "$RANGE"
  say "10 gateway: a load balancer with that address as its target, and a VPC link to it"
  balancer gateway OTHER other "$GATEWAY_VPC" "$GATEWAY_SUBNETS" "Id=$OTHER_HOST,AvailabilityZone=all"
  [ "${WAIT_TARGETS:-0}" = 0 ] || gateway elbv2 wait target-in-service --target-group-arn "$OTHER_GROUP"
  link OTHER other "$OTHER_BALANCER"
  say "11 gateway: its private API"
  api OTHER other "$OTHER_LINK" "$OTHER_DNS" newtest
  say "12 consumer: calls it"
  invoke "$OTHER_API" newtest
}

attach() { # PREFIX DESTINATION: attaches PREFIX_VPC to the transit gateway and routes DESTINATION there
  local vpc=$1_VPC subnets=$1_SUBNETS attachment=$1_ATTACHMENT table
  # shellcheck disable=SC2086
  note "$attachment" "$(gateway ec2 create-transit-gateway-vpc-attachment --transit-gateway-id "$TRANSIT" --vpc-id "${!vpc}" --subnet-ids ${!subnets} --query TransitGatewayVpcAttachment.TransitGatewayAttachmentId)"
  wait_for available gateway ec2 describe-transit-gateway-vpc-attachments --transit-gateway-attachment-ids "${!attachment}" --query 'TransitGatewayVpcAttachments[0].State'
  table=$(gateway ec2 describe-route-tables --filters "Name=vpc-id,Values=${!vpc}" Name=association.main,Values=true --query 'RouteTables[0].RouteTableId')
  gateway ec2 create-route --route-table-id "$table" --destination-cidr-block "$2" --transit-gateway-id "$TRANSIT" > /dev/null
  note "$1_TABLE" "$table"
}

down() { # in the order that AWS wants; stop the backends before
  # shellcheck source=/dev/null
  . "$STATE"
  say "APIs and links"
  for id in "$OTHER_API" "$APPLICATION_API"; do gateway apigateway delete-rest-api --rest-api-id "$id"; done
  for id in "$OTHER_LINK" "$APPLICATION_LINK"; do
    gateway apigateway delete-vpc-link --vpc-link-id "$id"
    for _ in $(seq 30); do gateway apigateway get-vpc-link --vpc-link-id "$id" > /dev/null 2>&1 || break; sleep 1; done
  done
  say "endpoints and the service"
  application ec2 reject-vpc-endpoint-connections --service-id "$SERVICE" --vpc-endpoint-ids "$ENDPOINT"
  gateway ec2 delete-vpc-endpoints --vpc-endpoint-ids "$ENTRY" "$ENDPOINT"
  wait_for 0 gateway ec2 describe-vpc-endpoints --filters "Name=vpc-id,Values=$GATEWAY_VPC" --query 'length(VpcEndpoints[?State!=`deleted`])'
  application ec2 delete-vpc-endpoint-service-configurations --service-ids "$SERVICE"
  say "load balancers"
  remove_balancer gateway OTHER; remove_balancer gateway LINK; remove_balancer application APPLICATION
  say "the transit gateway"
  gateway ec2 delete-route --route-table-id "$GATEWAY_TABLE" --destination-cidr-block "$OTHER_RANGE"
  for id in "$GATEWAY_ATTACHMENT" "$OTHER_ATTACHMENT"; do
    gateway ec2 delete-transit-gateway-vpc-attachment --transit-gateway-attachment-id "$id" > /dev/null
    wait_for deleted gateway ec2 describe-transit-gateway-vpc-attachments --transit-gateway-attachment-ids "$id" --query 'TransitGatewayVpcAttachments[0].State'
  done
  gateway ec2 delete-transit-gateway --transit-gateway-id "$TRANSIT" > /dev/null
  say "networks"
  gateway ec2 delete-security-group --group-id "$GROUP" > /dev/null
  for id in $GATEWAY_SUBNETS $OTHER_SUBNETS; do gateway ec2 delete-subnet --subnet-id "$id"; done
  for id in "$GATEWAY_VPC" "$OTHER_VPC"; do gateway ec2 delete-vpc --vpc-id "$id"; done
  for id in $APPLICATION_SUBNETS; do application ec2 delete-subnet --subnet-id "$id"; done
  application ec2 delete-vpc --vpc-id "$APPLICATION_VPC"
}

remove_balancer() { # ACCOUNT PREFIX
  local as=$1 listener=$2_LISTENER balancer=$2_BALANCER group=$2_GROUP
  $as elbv2 delete-listener --listener-arn "${!listener}"
  $as elbv2 delete-load-balancer --load-balancer-arn "${!balancer}"
  $as elbv2 wait load-balancers-deleted --load-balancer-arns "${!balancer}"
  $as elbv2 delete-target-group --target-group-arn "${!group}"
}

case "${1:-}" in up | down) "$1" ;; *) sed -n '2,18p' "$0"; exit 2 ;; esac
