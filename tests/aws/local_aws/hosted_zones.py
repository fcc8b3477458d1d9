"""Route 53: moto's hosted zones, with the VPCs of other accounts, which moto lacks.

A VPC of another account is associated by an authorization in the account of the zone and an association in its own
(https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-associate-vpcs-different-accounts.html).
"""

from typing import TYPE_CHECKING, Any, Dict, Set, Tuple

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.route53.models import FakeZone, route53_backends
from moto.route53.responses import Route53

from .answers import AwsError

if TYPE_CHECKING:
    from .gateway import LocalAws

#: Zone and VPC, as the account of the zone allowed.
AUTHORIZED: Set[Tuple[str, str]] = set()


def zones() -> Dict[str, Tuple[str, FakeZone]]:
    """Every zone with its account, by id."""
    return {zone.resource_id: (account, zone) for account in list(route53_backends)
            for zone in route53_backends[account]["aws"].zones.values()}


def refuse_conflict(name: str, vpc: str) -> None:
    """A VPC has one private hosted zone of a name
    (https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html#API_AssociateVPCWithHostedZone_Errors)."""
    for _, zone in zones().values():
        if zone.private_zone and zone.name.rstrip(".") == name.rstrip(".") and any(
                one["vpc_id"] == vpc for one in zone.vpcs):
            raise AwsError("ConflictingDomainExists", f"The VPC {vpc} is associated with a hosted zone of {name}")


class HostedZones(Route53):
    local_aws: "LocalAws"

    def own_vpc(self) -> str:
        """The VPC of the request, which must be the caller's."""
        vpc, region = self._get_param("VPC.VPCId"), self._get_param("VPC.VPCRegion")
        if vpc not in ec2_backends[self.current_account][region].vpcs:
            raise AwsError("InvalidVPCId", f"The VPC {vpc} is not in this account and Region")
        return vpc

    def create_hosted_zone(self) -> ActionResult:
        if self._get_param("VPC.VPCId"):
            refuse_conflict(self._get_param("Name"), self.own_vpc())
        return super().create_hosted_zone()

    def associate_vpc_with_hosted_zone(self) -> ActionResult:
        identifier, vpc = self._get_param("HostedZoneId"), self.own_vpc()
        owner, zone = zones().get(identifier, (None, None))
        if zone is None:
            raise AwsError("NoSuchHostedZone", f"No hosted zone found with ID: {identifier}", 404)
        if owner != self.current_account and (identifier, vpc) not in AUTHORIZED:
            raise AwsError("NotAuthorizedException", f"The VPC: {vpc} has not authorized to associate with your "
                                                     "hosted zone.", 401)
        refuse_conflict(zone.name, vpc)
        zone.add_vpc(vpc, self._get_param("VPC.VPCRegion"))
        return ActionResult({"ChangeInfo": {"Id": "/change/C1", "Status": "INSYNC", "SubmittedAt": utcnow()}})

    def create_vpc_association_authorization(self) -> ActionResult:
        return self.authorization(AUTHORIZED.add)

    def delete_vpc_association_authorization(self) -> ActionResult:
        return self.authorization(AUTHORIZED.discard)

    def authorization(self, change: Any) -> ActionResult:
        identifier, vpc = self._get_param("HostedZoneId"), self._get_param("VPC.VPCId")
        self.backend.get_hosted_zone(identifier)
        change((identifier, vpc))
        return ActionResult({"HostedZoneId": identifier,
                             "VPC": {"VPCId": vpc, "VPCRegion": self._get_param("VPC.VPCRegion")}})
