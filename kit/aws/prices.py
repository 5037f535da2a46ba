"""Prices, from AWS's price list or else from a table with a date."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from kit.aws.session import Aws
from kit.language import _, marked

# The price list is served from few regions, for all.
_PRICING_REGION = "us-east-1"
_FALLBACK_DATE = marked("November 2026")
# USD an hour in us-east-1.
_FALLBACK = {"ml.g4dn.xlarge": 0.7364, "ml.p3.2xlarge": 3.825, "ml.m5.large": 0.115}
# USD an object, for work of a private team: https://aws.amazon.com/sagemaker/groundtruth/pricing/
LABELLED_OBJECT = 0.08

TRAINING, HOSTING = "Training", "Hosting"
_USAGE = {TRAINING: "Train:", HOSTING: "Host:"}


@dataclass(frozen=True)
class Price:
    """USD an hour of an instance; None where nobody knows. `source` says who does."""

    hourly: float | None
    source: str

    def of(self, hours: float) -> float:
        """The price in USD of a number of hours; 0 where the price is not known."""
        return (self.hourly or 0.0) * hours

    def __str__(self) -> str:
        return f"${self.hourly:.4f}/h" if self.hourly is not None else _("price not known")


def instance_price(aws: Aws, instance: str, component: str) -> Price:
    """The price on demand of an instance for `TRAINING` or `HOSTING`."""
    filters = [
        {"Type": "TERM_MATCH", "Field": "regionCode", "Value": aws.region},
        {"Type": "TERM_MATCH", "Field": "instanceName", "Value": instance},
    ]
    try:
        pages = aws.client("pricing", _PRICING_REGION).get_paginator("get_products")
        products = [
            json.loads(text)
            for page in pages.paginate(ServiceCode="AmazonSageMaker", Filters=filters)
            for text in page["PriceList"]
        ]
    except (ClientError, BotoCoreError):
        # Leave to read the price list is rare in classroom accounts; the table is as good as an estimate gets there.
        products = []
    hourly = on_demand_price(products, component)
    if hourly is not None:
        return Price(hourly, _("AWS price list"))
    if instance in _FALLBACK:
        return Price(_FALLBACK[instance], f"us-east-1, {_(_FALLBACK_DATE)}")
    return Price(None, _("not in AWS's price list; see https://aws.amazon.com/sagemaker/pricing/"))


def on_demand_price(products: Iterable[Mapping[str, Any]], component: str) -> float | None:
    """USD an hour of the first product for `component`, by entries of the price list; what is free is no price."""
    for product in products:
        attributes = product["product"]["attributes"]
        usage = attributes.get("usagetype", "")
        kinds = (attributes.get("component"), attributes.get("platoinstancetype"))
        if component not in kinds and _USAGE[component] not in usage:
            continue
        if any("free" in str(kind).lower() for kind in kinds):
            continue
        for term in product.get("terms", {}).get("OnDemand", {}).values():
            for dimension in term["priceDimensions"].values():
                usd = float(dimension["pricePerUnit"].get("USD", 0))
                if usd > 0 and dimension.get("unit", "").lower() in ("hrs", "hours", "hour"):
                    return usd
    return None
