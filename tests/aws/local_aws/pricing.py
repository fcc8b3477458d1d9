"""pricing:GetProducts from recorded products, one document a line, in the price list's own format.

Settings: `pricing.silent_services` have no product, `pricing.refused_regions` are denied, and
`pricing.more_products` are further documents (texts, sound or not) of every answer.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from . import answers
from .answers import AwsError
from .call import Call
from .pages import page
from .transport import Answer

if TYPE_CHECKING:
    from .gateway import LocalAws

PRODUCTS = Path(__file__).resolve().parents[2] / "fixtures" / "price_list" / "products.jsonl"
#: The regions that have an endpoint of the API.
ENDPOINTS = ("us-east-1", "eu-central-1", "ap-south-1")


@lru_cache(None)
def products() -> List[Tuple[str, Dict[str, Any]]]:
    lines = PRODUCTS.read_text(encoding="utf-8").splitlines()
    return [(line, json.loads(line)) for line in lines]


def fits(document: Dict[str, Any], wanted: Dict[str, Any]) -> bool:
    if wanted["Type"] != "TERM_MATCH":
        raise AwsError("InvalidParameterException", f"the local AWS knows TERM_MATCH only, not {wanted['Type']}")
    product = document["product"]
    field, value = wanted["Field"], wanted["Value"]
    return {**product["attributes"], "productFamily": product.get("productFamily")}.get(field) == value


def get_products(aws: "LocalAws", call: Call) -> Answer:
    if call.region not in ENDPOINTS:
        raise AwsError("UnknownEndpoint", f"there is no price list in {call.region}", 404)
    ask = call.params
    filters = ask.get("Filters") or []
    size = ask.get("MaxResults", 100)
    if not 1 <= size <= 100:
        raise AwsError("InvalidParameterException", "MaxResults must be between 1 and 100")
    refused = aws.settings["pricing.refused_regions"]
    if any(it["Field"] == "regionCode" and it["Value"] in refused for it in filters):
        raise AwsError("AccessDeniedException", "not authorized to perform: pricing:GetProducts")
    service = ask["ServiceCode"]
    found = [line for line, document in products()
             if document["serviceCode"] == service and all(fits(document, it) for it in filters)]
    if service in aws.settings["pricing.silent_services"]:
        found = []
    found += aws.settings["pricing.more_products"]
    lines, token = page(aws, found, size, ask.get("NextToken"), 100, "ExpiredNextTokenException")
    return answers.result(call, {"FormatVersion": "aws_v1", "PriceList": lines,
                                 **({"NextToken": token} if token else {})})


HANDLERS = {("pricing", "GetProducts"): get_products}
