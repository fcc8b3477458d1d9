"""Pages: one token format for every list the local AWS cuts itself."""

import base64
from typing import TYPE_CHECKING, Any, List, Optional, Tuple

from .answers import AwsError

if TYPE_CHECKING:
    from .gateway import LocalAws

BAD_TOKEN = "The specified pagination token is not valid."


def page(aws: "LocalAws", items: List[Any], size: Any, token: Optional[str], default: int = 1000,
         bad_token: str = "InvalidNextTokenException") -> Tuple[List[Any], Optional[str]]:
    """One page of the items and the token of the next; `page_limit` of the settings caps its size."""
    start = 0
    if token:
        try:
            kind, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
            start = int(number)
        except ValueError:
            kind = ""
        if kind != "next" or start > len(items):
            raise AwsError(bad_token, BAD_TOKEN)
    size = min(int(size or default), aws.settings["page_limit"] or default)
    end = start + size
    return items[start:end], token_at(end) if end < len(items) else None


def token_at(start: int) -> str:
    return base64.urlsafe_b64encode(f"next:{start}".encode()).decode()
