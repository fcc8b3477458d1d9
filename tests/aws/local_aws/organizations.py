"""Organizations: moto's, with who may ask, small and empty pages, and states.

Reading is for the management account and delegated administrators. A delegated administrator
reads the management account's data, as in AWS.
"""

import json
from typing import TYPE_CHECKING, Any, List

from moto.organizations.models import OrganizationsBackend, organizations_backends
from moto.organizations.responses import OrganizationsResponse

from .answers import AwsError
from .pages import page, token_at

if TYPE_CHECKING:
    from .gateway import LocalAws

NOT_IN_USE = "Your account is not a member of an organization."
DENIED = "You don't have permissions to access this resource."
MAX_PAGE = 20


class Organizations(OrganizationsResponse):
    local_aws: "LocalAws"

    @property
    def organizations_backend(self) -> OrganizationsBackend:
        account = self.local_aws.accounts.get(self.current_account)
        if account is None:
            return organizations_backends[self.current_account]["aws"]
        if account.management is None:
            raise AwsError("AWSOrganizationsNotInUseException", NOT_IN_USE)
        if not account.may_read_organization and self._get_action() != "DescribeOrganization":
            raise AwsError("AccessDeniedException", DENIED)
        return organizations_backends[account.management]["aws"]

    def _page(self, key: str, items: List[Any]) -> str:
        size, token = self._get_param("MaxResults"), self._get_param("NextToken")
        if size is not None and not 1 <= size <= MAX_PAGE:
            raise AwsError("InvalidInputException", "You provided a value that does not match the required pattern.")
        if not token and self.local_aws.settings["organizations.empty_pages"]:
            return json.dumps({key: [], "NextToken": token_at(0)})
        shown, token = page(self.local_aws, items, size, token, MAX_PAGE, "InvalidInputException")
        if token and self.local_aws.settings["organizations.overlapping_pages"]:
            shown = shown + page(self.local_aws, items, 1, token, MAX_PAGE)[0]
        return json.dumps({key: shown, **({"NextToken": token} if token else {})})

    def list_accounts(self) -> str:
        return self._page("Accounts", [account.describe() for account in self.organizations_backend.accounts])

    def list_roots(self) -> str:
        return self._page("Roots", self.organizations_backend.list_roots()["Roots"])

    def list_accounts_for_parent(self) -> str:
        backend, parent = self.organizations_backend, self._get_param("ParentId")
        backend.validate_parent_id(parent)
        return self._page("Accounts", [a.describe() for a in backend.accounts if a.parent_id == parent])

    def list_organizational_units_for_parent(self) -> str:
        backend, parent = self.organizations_backend, self._get_param("ParentId")
        backend.validate_parent_id(parent)
        units = [{"Id": unit.id, "Arn": unit.arn, "Name": unit.name} for unit in backend.ou if unit.parent_id == parent]
        return self._page("OrganizationalUnits", units)

    def list_parents(self) -> str:
        return self._page("Parents", self.organizations_backend.list_parents(**self.request_params)["Parents"])

    def list_children(self) -> str:
        return self._page("Children", self.organizations_backend.list_children(**self.request_params)["Children"])

    def list_delegated_administrators(self) -> str:
        known = self.local_aws.accounts.known
        readers = [account.describe() for account in self.organizations_backend.accounts
                   if account.id in known and known[account.id].may_read_organization
                   and account.id != account.master_account_id]
        return self._page("DelegatedAdministrators", readers)
