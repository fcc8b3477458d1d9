"""The local AWS: moto, called directly, with what moto lacks added beside it.

    transport         HTTP: bytes in, `Request`; `Answer`, bytes out
    gateway           the way of every call, and all state beside moto's (`LocalAws`)
    call, answers     a call taken apart; results and errors in each service's protocol; cbor
    faults, journal, settings, accounts, pages    what each of them does
    admin             the API under /_local/
    forks             one process that imports moto once, and forks a server or a script for each request
    listing           all that an account has that has to do with logging
    stacks, scheduled_stack, iam_enforcement    templates deployed; roles that may do what their policies allow
    stack_sets        service-managed StackSets
    sharing           RAM
    objects, uploads  S3
    profiles          Route 53 Profiles
    athena/           tables and SELECTs over the local S3
    hosted_zones, private_zones    Route 53's API; what Resolver answers from private hosted zones
    moto_bridge       which class answers which service
    ec2, endpoint_services, organizations, security_tokens    moto's classes with additions
    regions, log_groups, query_logging, cloudwatch, pricing, cost_explorer, insights/   operations answered here
    seed/             an organisation written as JSON to objects in moto's backends

A service that is missing: one line in `moto_bridge.RESPONSES` if moto has it; else a module with
`HANDLERS`, named in `gateway.warm_up`.

The API under /_local/ (JSON; an error answers 400 with {"error": ...})
    POST   reset             forget everything: organisations, settings, faults, journal
    POST   settings          {"latency_ms": 20, "insights": {"page_rows": 2}, ..}; see settings.DEFAULTS. With
                             ?account=ID for that account only, or that management account's organisation
    GET    settings          (or ?account=ID)
    POST   organization      a seed, see below -> {"management", "caller", "ids", "records"}
    POST   faults            {"faults": [{"account", "region", "service", "operation", "fault", "times", "seconds"}]}
                             fault: throttle access_denied scp_denied expired not_found limit_exceeded unavailable
                             drop cut garbage slow error query_failed query_timeout query_cancelled; everything but
                             `fault` may be left out or "*". `code`, `message`, `status` replace what is answered.
                             and drop_after, hold_before, hold_after: the call is closed, or waits until the faults are
                             cleared, after or before it is carried out. "changing": true matches calls that may change
                             something, "skip": N leaves the first N matches alone.
    GET    faults            with the times that are left
    DELETE faults            all, or those for exactly ?account=ID
    GET    journal           [{"account", "caller_account", "region", "service", "operation", "status", "fault",
                             "at"}], or only ?account=ID,ID; status 0: closed without an answer; null: not yet answered
    DELETE journal           all, or only ?account=ID
    GET    reached           ?account=ID,ID&calls=N: {"reached": whether the journal has N calls of them}, at most 0.2 s later
    GET    held              {"held": whether a call waits at hold_before or hold_after}
    GET    listing           ?account=ID: log groups, policies, configurations, associations, flow logs, roles, shares
    POST   stack             {"account", "region", "name", "template", "parameters"}: deploys a CloudFormation template
    DELETE stack             {"account", "region", "name"}: deletes it with its resources
    POST   bucket            {"name", "account", "region", "policy": {..}}: a bucket, or the policy of one
    GET    scheduled         ?account=ID&region=REGION: state machines with their definitions, schedules
    GET    bucket            ?name=BUCKET -> {"objects": {KEY: {"size", "etag", "headers", "body"}}, "uploads": [KEY],
                             "written": [KEY]}
    POST   object            {"bucket", "key", "body": BASE64 or "lines": [..], "class": "GLACIER"}: an object;
                             without a body it is removed
    POST   import            {"account", "region", "resources": [ResourceToImport], "present": template, "wanted":
                             template}: endpoints that are as `present` describes them become as `wanted`
    POST   session           {"account", "role"} -> credentials of a session of that role
    POST   resolve           gives each query in the log groups the answer that private hosted zones give it now
    GET    athena               {"executions": ["SELECT .."]}: the queries that Athena has run
    POST   athena_table         {"account", "region", "ddl"}: creates a table of the local Athena
    POST   role              {"account", "name", "policy"}: a role with that policy, for a session that the seed made

Services are named as they are signed (ec2, logs, sts, organizations, route53resolver, account, pricing), except
CloudWatch, which is `cloudwatch`. The account of sts:AssumeRole is that of the role.

A seed (everything has a default except the account ids and names of things)
    {"management": "100000000001",
     "ram_sharing": true,                       false: RAM may not share within the organisation
     "organization": true,                      false: the accounts are in no organisation
     "organization_id": "o-..", "now": 1700000000,
     "caller": {"account": "100000000001", "role": "vpce-scout"},   whose credentials are returned
     "delegated_administrators": ["100000000002"],
     "defaults": {}, "dns_sets": {},            see seed/templates.py
     "linked_log_accounts": {"MONITORING": ["SOURCE", ..]},          logs of SOURCE may be queried by ARN
     "accounts": [
      {"id", "name", "email", "ou": "/Workloads/Production", "alias", "tags": {},
       "state": "ACTIVE" SUSPENDED PENDING_CLOSURE CLOSED, "omit": ["State"],   members left out of the answer
       "role": "allowed" or "denied",           every AssumeRole; denied unless the state is ACTIVE
       "enabled_regions": [..],                 exactly these; else the default regions and the seeded ones
       "regions_not_opted_in": [..],
       "regions": {"eu-west-1": {
         "log_groups": [{"name", "retention_days", "created_hours_ago", "tags", "class": "INFREQUENT_ACCESS",
                         "transformer": "ocsf", "masks": ["regular expression"]}],
         "query_log_configs": [{"name", "id", "destination": "log_group:NAME" "s3:BUCKET" "firehose:NAME" or an ARN,
                                "share_with": ["ACCOUNT"], "status"}],
         "profiles": [{"name", "id", "query_log_configs": ["NAME" or "ACCOUNT:NAME" or {"config", "status", "message"}],
                       "share_with": ["ACCOUNT"]}],        Route 53 Profiles; a VPC is associated with one
         "block_public_access": {"mode": "off" block-ingress block-bidirectional,
                                 "exclusions": [{"vpc": "NAME", "subnet", "mode", "state"}]},
         "flow_logs": [{"resource": "tgw-..", ..}],     of transit gateways and attachments; the rest as in a VPC
         "transit_gateway_route_tables": [{"id", "transit_gateway", "routes": [{"to", "vpc", "account", "state",
                                                                                          "type": "static" propagated}]}],
         "vpcs": [{"name", "id", "cidrs", "ipv6_cidrs", "dns_support", "dns_hostnames", "tags", "is_default",
           "shared_with": ["ACCOUNT"],
           "subnets": [{"name", "id", "cidr", "ipv6_cidr", "az": "a", "public", "tags"}],
           "internet_gateway": true,            or its id; "internet_gateway_detached": true, attached to no VPC
           "egress_only_internet_gateway": "eigw-..",
           "transit_gateway": {"id": "tgw-..", "owner": "ACCOUNT", "subnets": ["a"], "state", "attachment_id",
                               "route_table": "tgw-rtb-.."},
           "security_groups": [{"name", "ingress": [{"protocol": "tcp", "ports": [443, 443], "cidrs", "groups",
                                                     "prefix_lists"}]}],   "default" is always there
           "nat_gateways": [{"name", "id", "subnet", "connectivity": "public" private, "mode": "zonal" regional,
                             "zones": ["a", "b"], "private_ip", "state", "created_hours_ago", "deleted_hours_ago",
                             "tags", "metrics": {"BytesInFromSource": 123}, "metric_hours": 168,
                             "metric_minute": 0, "metric_dimensions": {"AvailabilityZone": ".."}}],
           "route_tables": [{"name", "id", "main", "subnets": ["a"], "tags",
                             "routes": [{"to": "0.0.0.0/0", "via": "nat:NAME" igw tgw:ID eni:ID vpce:ID pcx:ID eigw:ID
                                         vgw:ID instance:ID, "state": "active" blackhole}]}],
           "endpoints": [{"service": "sts", "service_name", "type": "Interface" Gateway, "id", "subnets",
                          "route_tables", "addresses", "ipv6_addresses",
                          "security_groups", "private_dns", "state", "policy", "tags", "created_hours_ago",
                          "requester_managed", "service_region", "ip_address_type", "dns_options",
                          "last_error": {"Code", "Message"}, "failure_reason", "metric_hours",
                          "metrics": {"BytesProcessed": 123, "ActiveConnections": 4},
                          "subnet_metrics": [{"BytesProcessed": 100}, ..]}],
           "query_logging": [{"config": "NAME" or "ACCOUNT:NAME", "status", "error", "message", "id",
                              "created_hours_ago"}],
           "profile": "NAME" or "ACCOUNT:NAME" or {"profile", "status", "message"},
           "flow_logs": [{"destination", "format", "traffic", "interval", "status", "error", "id", "tags",
                          "layout": {"parquet": true, "hive": true, "hourly": true},   of a flow log to S3
                          "resource": "subnet:NAME" "nat:NAME" or "endpoint:SERVICE" (its interface) or an id,
                          "records": ["2 .. {start} {end} ACCEPT OK", {"message", "count", "hours_ago", "stream"}]}],
           "traffic": [{"client", "interface", "external", "up", "down", "by": "nat:NAME", ..}], see seed/flows.py
           "dns": [{"host": "sts.eu-west-1.amazonaws.com.", "type": "A", "rcode": "NOERROR",
                    "answers": ["54.1.2.3" or {"Rdata", "Type", "Class"}], "count": 12, "hours_ago": [1, 160],
                    "srcaddr": "10.0.1.5" or [..], "instance", "srcids", "transport", "firewall": {..},
                    "chases": ["s3-r-w.eu-west-1.amazonaws.com."]}],   names that a CNAME leads to
           "raw_log_events": ["text" or {"message", "log_group", "account", "stream", "count", "hours_ago"}]}]}}}]}

An account may be seeded once between resets. An amount in `metrics` is the exact sum of hourly points;
ActiveConnectionCount is the level of each. A thing gets the tag Name from its name unless its tags do
otherwise. The `dns` records of a VPC go to the log group of each of its ACTIVE associations. An account's
calls in a region it has not enabled are refused as AWS refuses them.
"""
