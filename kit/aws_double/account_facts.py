"""Quotas and prices of the double's account: invented, but in the shapes of Service Quotas and the Price List API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kit.local_cloud.account import ACCOUNT, REGION
from kit.local_cloud.service_model import client_error

# USD an hour, as in November 2026.
_HOURLY = {"ml.g4dn.xlarge": 0.7364, "ml.g4dn.2xlarge": 1.0528, "ml.p3.2xlarge": 3.825, "ml.m5.large": 0.115}


class Quotas:
    """`service-quotas` for SageMaker; what is asked for is granted in name only, as on AWS it takes its time."""

    def __init__(self, values: Mapping[str, float] | None = None) -> None:
        names = [f"{instance} for {use} usage" for instance in _HOURLY for use in ("training job", "endpoint")]
        names += [f"{instance} for spot training job usage" for instance in _HOURLY]
        self._values = dict.fromkeys(names, 1.0) | dict(values or {})
        self.requested: list[str] = []

    def list_service_quotas(self, *, ServiceCode: str, **_: Any) -> dict[str, Any]:
        if ServiceCode != "sagemaker":
            raise client_error("ListServiceQuotas", "NoSuchResourceException", f"No service {ServiceCode}.")
        return {"Quotas": [self._quota(name) for name in self._values]}

    def list_aws_default_service_quotas(self, *, ServiceCode: str, **_: Any) -> dict[str, Any]:
        return self.list_service_quotas(ServiceCode=ServiceCode)

    def request_service_quota_increase(
        self, *, ServiceCode: str, QuotaCode: str, DesiredValue: float
    ) -> dict[str, Any]:
        name = next((name for name in self._values if _code(name) == QuotaCode), None)
        if name is None:
            raise client_error("RequestServiceQuotaIncrease", "NoSuchResourceException", f"No quota {QuotaCode}.")
        self.requested.append(name)
        return {
            "RequestedQuota": {
                "Id": f"request-{len(self.requested)}",
                "ServiceCode": ServiceCode,
                "QuotaCode": QuotaCode,
                "QuotaName": name,
                "DesiredValue": DesiredValue,
                "Status": "PENDING",
            }
        }

    def set(self, name: str, value: float) -> None:
        self._values[name] = value

    def _quota(self, name: str) -> dict[str, Any]:
        return {
            "ServiceCode": "sagemaker",
            "ServiceName": "Amazon SageMaker",
            "QuotaArn": f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:sagemaker/{_code(name)}",
            "QuotaCode": _code(name),
            "QuotaName": name,
            "Value": self._values[name],
            "Adjustable": True,
        }


def _code(name: str) -> str:
    return f"L-{sum(name.encode()) * 2654435761 % 2**32:08X}"


def get_products(*, ServiceCode: str, Filters: list[dict[str, str]] | None = None, **_: Any) -> dict[str, Any]:
    """`pricing`'s entries for SageMaker's instances, each entry a JSON text."""
    wanted = {item["Field"]: item["Value"] for item in Filters or []}
    products = []
    for instance, hourly in _HOURLY.items() if ServiceCode == "AmazonSageMaker" else ():
        for component, usage in (("Training", "Train"), ("Hosting", "Host"), ("Notebook", "Notebk")):
            attributes = {
                "servicecode": ServiceCode,
                "regionCode": REGION,
                "instanceName": instance,
                "component": component,
                "usagetype": f"USE1-{usage}:{instance}",
            }
            if all(attributes.get(field) == value for field, value in wanted.items()):
                products.append(json.dumps(_product(attributes, hourly)))
    return {"FormatVersion": "aws_v1", "PriceList": products}


def _product(attributes: dict[str, str], hourly: float) -> dict[str, Any]:
    sku = attributes["usagetype"].replace(":", "-")
    dimension = {"unit": "Hrs", "pricePerUnit": {"USD": f"{hourly:.10f}"}, "beginRange": "0", "endRange": "Inf"}
    return {
        "product": {"productFamily": "ML Instance", "attributes": attributes, "sku": sku},
        "serviceCode": "AmazonSageMaker",
        "terms": {"OnDemand": {f"{sku}.JRTCKXETXF": {"priceDimensions": {f"{sku}.JRTCKXETXF.6YS6EN2CT7": dimension}}}},
    }
