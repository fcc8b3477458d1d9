"""STS: moto's, which lets anybody assume any role, with the accounts that refuse."""

from typing import TYPE_CHECKING

from moto.sts.models import sts_backends
from moto.sts.responses import TokenResponse

from .answers import AwsError
from .call import ROLE_ACCOUNT

if TYPE_CHECKING:
    from moto.core.responses import ActionResult

    from .gateway import LocalAws


class SecurityTokens(TokenResponse):
    local_aws: "LocalAws"

    def assume_role(self) -> "ActionResult":
        role_arn = self._get_param("RoleArn")
        match = ROLE_ACCOUNT.match(role_arn or "")
        if not match:
            raise AwsError("ValidationError", f"{role_arn} is invalid")
        account = self.local_aws.accounts.get(match.group(1))
        if account and account.role_denied:
            _, caller, _ = self.backend.get_caller_identity(self.access_key, self.region)
            raise AwsError("AccessDenied", f"User: {caller} is not authorized to perform: sts:AssumeRole "
                                           f"on resource: {role_arn}", 403)
        return super().assume_role()


def credentials_of(account: str, role: str) -> dict:
    """Credentials of a role session in the account, without asking anybody."""
    session = sts_backends[account]["aws"].assume_role(
        region_name="us-east-1", role_session_name="local-aws", policy="", duration=12 * 3600, external_id="",
        role_arn=f"arn:aws:iam::{account}:role/{role}")
    return {"account_id": account, "access_key_id": session.access_key_id,
            "secret_access_key": session.secret_access_key, "session_token": session.session_token}
