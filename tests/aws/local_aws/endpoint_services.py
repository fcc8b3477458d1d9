"""The endpoint services of a region, as DescribeVpcEndpointServices lists them.

The names are moto's list. moto makes the private DNS name up from the service name, which is wrong
where the two differ; the names in `PRIVATE_DNS` are those AWS documents.
"""

import hashlib
from typing import Any, Dict, List

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.models.vpcs import AWS_ENDPOINT_SERVICES

PRIVATE_DNS: Dict[str, List[str]] = {
    "ecr.api": ["api.ecr.{r}.amazonaws.com"],
    "ecr.dkr": ["*.dkr.ecr.{r}.amazonaws.com"],
    "execute-api": ["*.execute-api.{r}.amazonaws.com"],
    "kinesis-streams": ["kinesis.{r}.amazonaws.com"],
    "kinesis-firehose": ["firehose.{r}.amazonaws.com"],
    "dynamodb-streams": ["streams.dynamodb.{r}.amazonaws.com"],
    "sagemaker.api": ["api.sagemaker.{r}.amazonaws.com"],
    "sagemaker.runtime": ["runtime.sagemaker.{r}.amazonaws.com"],
    "sagemaker.metrics": ["metrics.sagemaker.{r}.amazonaws.com"],
    "sagemaker.featurestore-runtime": ["featurestore-runtime.sagemaker.{r}.amazonaws.com"],
    "sagemaker.runtime-fips": ["runtime-fips.sagemaker.{r}.amazonaws.com"],
    "monitoring": ["monitoring.{r}.amazonaws.com", "monitoring.{r}.api.aws",
                   "monitoring-fips.{r}.amazonaws.com", "monitoring-fips.{r}.api.aws"],
    "eks-auth": ["eks-auth.{r}.api.aws"],
    "iot.data": ["data.iot.{r}.amazonaws.com"],
    "ecs-agent": ["ecs-a.{r}.amazonaws.com"],
    "ecs-telemetry": ["ecs-t.{r}.amazonaws.com"],
    "appstream.api": ["appstream2.{r}.amazonaws.com"],
    "codestar-connections.api": ["codestar-connections.{r}.amazonaws.com"],
    "codeartifact.api": ["codeartifact.{r}.amazonaws.com"],
    "codeartifact.repositories": ["*.d.codeartifact.{r}.amazonaws.com"],
    "airflow.api": ["api.airflow.{r}.amazonaws.com"],
    "airflow.env": ["env.airflow.{r}.amazonaws.com"],
    "airflow.ops": ["ops.airflow.{r}.amazonaws.com"],
    "s3": [],
    "s3express": [],
    "dynamodb": [],
}
#: Services of the type Gateway, instead of (or, listed with both, beside) Interface.
TYPES = {"s3": ("Gateway", "Interface"), "dynamodb": ("Gateway",), "s3express": ("Gateway",)}
MORE_SERVICES = ("dynamodb-streams",)
#: Services that are not offered in every zone of a region: in how many.
ZONES = {"codeartifact.api": 2, "codeartifact.repositories": 2}
NO_POLICY = ("appmesh-envoy-management", "apprunner.requests", "appstream.api", "appstream.streaming",
             "awsconnector", "transfer.server")

_cache: Dict[str, List[Dict[str, Any]]] = {}


def in_region(_account: str, region: str) -> List[Dict[str, Any]]:
    if region not in _cache:
        zones = [zone for zones in RegionsAndZonesBackend.zones.values() for zone in zones if zone.region_name == region]
        names = sorted({*AWS_ENDPOINT_SERVICES, *MORE_SERVICES})
        _cache[region] = [describe(name, kind, region, zones) for name in names
                          for kind in TYPES.get(name, ("Interface",))]
    return _cache[region]


def service_id(name: str) -> str:
    return "vpce-svc-" + hashlib.sha256(name.encode()).hexdigest()[:17]


def describe(name: str, kind: str, region: str, zones: List[Any]) -> Dict[str, Any]:
    private = [host.format(r=region) for host in PRIVATE_DNS.get(name, [f"{name}.{{r}}.amazonaws.com"])]
    zones = zones[:ZONES.get(name, len(zones))]
    base = f"{name}.{region}.amazonaws.com" if kind == "Gateway" else f"{name}.{region}.vpce.amazonaws.com"
    service = {
        "ServiceName": f"com.amazonaws.{region}.{name}",
        "ServiceId": service_id(f"{region}/{name}/{kind}"),
        "ServiceType": [{"ServiceType": kind}],
        "ServiceRegion": region,
        "AvailabilityZones": [zone.name for zone in zones],
        "AvailabilityZoneIds": [zone.zone_id for zone in zones],
        "Owner": "amazon",
        "BaseEndpointDnsNames": [base],
        "VpcEndpointPolicySupported": name not in NO_POLICY,
        "AcceptanceRequired": False,
        "ManagesVpcEndpoints": False,
        "SupportedIpAddressTypes": ["ipv4"],
        "Tags": [],
    }
    if private and kind == "Interface":
        service["PrivateDnsName"] = private[0]
        service["PrivateDnsNames"] = [{"PrivateDnsName": host} for host in private]
        service["PrivateDnsNameVerificationState"] = "verified"
    return service


#: Published endpoint services of partners. One that is open to everyone is in no list, and is described to who gives its
#: name: https://docs.aws.amazon.com/vpc/latest/privatelink/create-endpoint-service.html
PARTNERS = {"com.amazonaws.vpce.us-east-1.vpce-svc-0ee865cd1c0a7ba32": "us-east-1"}


def of_partners(names: List[str], region: str) -> List[Dict[str, Any]]:
    """The services, if all of the names are those of partners in the region."""
    if not names or any(PARTNERS.get(name) != region for name in names):
        return []
    return [{"ServiceName": name, "ServiceId": name.rsplit(".", 1)[1], "ServiceRegion": region,
             "ServiceType": [{"ServiceType": "Interface"}], "Owner": "464622532012", "AcceptanceRequired": False,
             "ManagesVpcEndpoints": False, "VpcEndpointPolicySupported": True, "SupportedIpAddressTypes": ["ipv4"],
             "AvailabilityZones": [f"{region}a", f"{region}b"], "AvailabilityZoneIds": [], "BaseEndpointDnsNames": [],
             "Tags": []} for name in names]
