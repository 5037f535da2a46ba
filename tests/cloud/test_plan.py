"""The plan: what it shows is what is done, and showing it makes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import botocore.session

from kit.aws import prices
from tests.cloud.conftest import Double
from tests.cloud.kit_process import run
from tests.cloud.short_run import settings
from tests.cloud.test_faults import READS, refused


def test_the_plan_only_reads(tmp_path: Path, double: Double, pictures: Path) -> None:
    before = len(double.calls())
    ended = run(tmp_path, double.url, "cloud", **settings(pictures, plan="1"))
    assert ended.status == 0, ended.said
    asked = [call["operation"] for call in double.calls()[before:]]
    assert asked
    assert [operation for operation in asked if not operation.startswith(READS)] == []
    assert not (tmp_path / "runs").exists()
    assert "CreateTrainingJob" in ended.said
    assert "$0.7364/h" in ended.said


def operations_named_in(text: str) -> set[str]:
    """The words of a text that are operations of the services that a run uses."""
    session = botocore.session.Session()
    services = ("s3", "iam", "cognito-idp", "sagemaker", "sagemaker-runtime", "ecr", "logs")
    known = {name for service in services for name in session.get_service_model(service).operation_names}
    return known & set(re.findall(r"\b[A-Z]\w+", text))


def test_a_run_sends_what_the_plan_says_and_all_of_it(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = settings(pictures)
    said = run(tmp_path, double.url, "cloud", **chosen, plan="1").said
    planned = operations_named_in(said.partition("\nPlan\n")[2])
    before = len(double.calls())
    assert run(tmp_path, double.url, "cloud", **chosen).status == 0
    sent = {call["operation"] for call in double.calls()[before:] if not call["operation"].startswith(READS)}
    made = {name for name in sent if not name.startswith(("Delete", "AdminDelete"))}
    assert {"CreateBucket", "CreateLabelingJob", "CreateTrainingJob", "CreateEndpoint"} <= made
    assert planned == made


def test_without_yes_and_without_a_terminal_nothing_is_made(tmp_path: Path, double: Double, pictures: Path) -> None:
    chosen = {name: value for name, value in settings(pictures).items() if name != "yes"}
    refused(run(tmp_path, double.url, "cloud", **chosen), 2, "YES=1")
    assert double.left() == []


def test_prices_come_from_the_list_by_component() -> None:
    def product(usage: str, usd: str, **attributes: str) -> dict[str, object]:
        dimension = {"unit": "Hrs", "pricePerUnit": {"USD": usd}}
        return {
            "product": {"attributes": {"usagetype": usage, **attributes}},
            "terms": {"OnDemand": {"x": {"priceDimensions": {"y": dimension}}}},
        }

    entries = [
        product("USE1-Notebk:ml.m5.large", "0.1"),
        product("USE1-Host:ml.m5.large", "0.2"),
        product("USE1-x", "0.3", component="Training"),
        product("USE1-y", "0.4", platoinstancetype="Hosting"),
    ]
    assert prices.on_demand_price(entries, prices.HOSTING) == 0.2
    assert prices.on_demand_price(entries[2:], prices.HOSTING) == 0.4
    assert prices.on_demand_price(entries, prices.TRAINING) == 0.3
    assert prices.on_demand_price(entries[:1], prices.TRAINING) is None


def test_what_is_free_is_no_price() -> None:
    def product(usd: str, **attributes: str) -> dict[str, object]:
        dimension = {"unit": "Hrs", "pricePerUnit": {"USD": usd}}
        return {
            "product": {"attributes": {"usagetype": "USE1-Host:ml.m5.large", **attributes}},
            "terms": {"OnDemand": {"x": {"priceDimensions": {"y": dimension}}}},
        }

    entries = [product("0.2", platoinstancetype="Hosting-FreeTier"), product("0.0000000000"), product("0.115")]
    assert prices.on_demand_price(entries, prices.HOSTING) == 0.115
