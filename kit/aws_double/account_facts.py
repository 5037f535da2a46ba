"""Quotas and prices of the double's account: invented, but in the shapes of Service Quotas and the Price List API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kit.local_cloud.account import REGION, Place
from kit.local_cloud.service_model import client_error

# USD an hour, as in November 2026 in the United States; elsewhere it is dearer.
_HOURLY = {"ml.g4dn.xlarge": 0.7364, "ml.g4dn.2xlarge": 1.0528, "ml.p3.2xlarge": 3.825, "ml.m5.large": 0.115}
_ELSEWHERE = 1.1


class Quotas:
    """`service-quotas` for SageMaker; what is asked for is granted in name only, as on AWS it takes its time.

    Args:
        changed: those that are not 1, by name; looked at for every answer.
    """

    def __init__(self, place: Place, changed: Mapping[str, float]) -> None:
        self._place = place
        self._changed = changed
        self._names = [f"{instance} for {use} usage" for instance in _HOURLY for use in ("training job", "endpoint")]
        self._names += [f"{instance} for spot training job usage" for instance in _HOURLY]
        self._requested = 0

    def list_service_quotas(self, *, ServiceCode: str, **_: Any) -> dict[str, Any]:
        if ServiceCode != "sagemaker":
            raise client_error("ListServiceQuotas", "NoSuchResourceException", f"No service {ServiceCode}.")
        return {"Quotas": [self._quota(name) for name in self._names]}

    def list_aws_default_service_quotas(self, *, ServiceCode: str, **_: Any) -> dict[str, Any]:
        return self.list_service_quotas(ServiceCode=ServiceCode)

    def request_service_quota_increase(
        self, *, ServiceCode: str, QuotaCode: str, DesiredValue: float
    ) -> dict[str, Any]:
        name = next((name for name in self._names if _code(name) == QuotaCode), None)
        if name is None:
            raise client_error("RequestServiceQuotaIncrease", "NoSuchResourceException", f"No quota {QuotaCode}.")
        self._requested += 1
        return {
            "RequestedQuota": {
                "Id": f"request-{self._requested}",
                "ServiceCode": ServiceCode,
                "QuotaCode": QuotaCode,
                "QuotaName": name,
                "DesiredValue": DesiredValue,
                "Status": "PENDING",
            }
        }

    def _quota(self, name: str) -> dict[str, Any]:
        return {
            "ServiceCode": "sagemaker",
            "ServiceName": "Amazon SageMaker",
            "QuotaArn": f"arn:aws:servicequotas:{self._place.region}:{self._place.account}:sagemaker/{_code(name)}",
            "QuotaCode": _code(name),
            "QuotaName": name,
            "Value": self._changed.get(name, 1.0),
            "Adjustable": True,
        }


def _code(name: str) -> str:
    return f"L-{sum(name.encode()) * 2654435761 % 2**32:08X}"


def get_products(*, ServiceCode: str, Filters: list[dict[str, str]] | None = None, **_: Any) -> dict[str, Any]:
    """`pricing`'s entries for SageMaker's instances, each entry a JSON text."""
    wanted = {item["Field"]: item["Value"] for item in Filters or []}
    region = wanted.get("regionCode", REGION)
    times = 1.0 if region.startswith("us-") else _ELSEWHERE
    products = []
    for instance, hourly in _HOURLY.items() if ServiceCode == "AmazonSageMaker" else ():
        for component, usage in (("Training", "Train"), ("Hosting", "Host"), ("Notebook", "Notebk")):
            attributes = {
                "servicecode": ServiceCode,
                "regionCode": region,
                "instanceName": instance,
                "component": component,
                "usagetype": f"{_usage_prefix(region)}-{usage}:{instance}",
            }
            if all(attributes.get(field) == value for field, value in wanted.items()):
                products.append(json.dumps(_product(attributes, hourly * times)))
    return {"FormatVersion": "aws_v1", "PriceList": products}


def _usage_prefix(region: str) -> str:
    """As in USE1 for us-east-1."""
    area, direction, number = region.split("-")
    return f"{area}{direction[0]}{number}".upper()


def _product(attributes: dict[str, str], hourly: float) -> dict[str, Any]:
    sku = attributes["usagetype"].replace(":", "-")
    dimension = {"unit": "Hrs", "pricePerUnit": {"USD": f"{hourly:.10f}"}, "beginRange": "0", "endRange": "Inf"}
    return {
        "product": {"productFamily": "ML Instance", "attributes": attributes, "sku": sku},
        "serviceCode": "AmazonSageMaker",
        "terms": {"OnDemand": {f"{sku}.JRTCKXETXF": {"priceDimensions": {f"{sku}.JRTCKXETXF.6YS6EN2CT7": dimension}}}},
    }
