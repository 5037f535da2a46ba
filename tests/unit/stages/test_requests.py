"""What the stages send is what AWS's own service model accepts, on any region of Ground Truth."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from kit.aws.ground_truth import GROUND_TRUTH_ACCOUNTS
from kit.local_cloud.algorithm import ALGORITHM
from kit.local_cloud.service_model import validate_request
from kit.run.context import Context
from kit.run.picture_set import PictureSet
from kit.stages import labelling_request, training
from tests.unit.stages.contexts import context_in


def test_the_training_request_fits_the_service_model(tmp_path: Any) -> None:
    context: Context = context_in(tmp_path)
    request = training.request(context, "plugs-1")
    validate_request("sagemaker", "CreateTrainingJob", request)
    assert request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"].endswith("/bounding_box/training/")
    assert all(isinstance(value, str) for value in request["HyperParameters"].values())
    assert request["HyperParameters"]["epochs"] == "30"


def test_a_model_that_asks_for_the_names_of_its_classes_is_told_them(tmp_path: Any) -> None:
    def sent(*labels: str) -> dict[str, str]:
        context = context_in(tmp_path, pictures=PictureSet((), labels))
        algorithm = dataclasses.replace(context.api.algorithm, tunable=ALGORITHM.tunable)
        api = dataclasses.replace(context.api, algorithm=algorithm)
        request = training.request(dataclasses.replace(context, api=api), "plugs-1")
        validate_request("sagemaker", "CreateTrainingJob", request)
        found: dict[str, str] = request["HyperParameters"]
        return found

    assert json.loads(sent("usb-a", "ケーブル, 赤")["labels"]) == ["usb-a", "ケーブル, 赤"]
    # More than a hyperparameter holds: by their ids, as ever.
    assert "labels" not in sent(*(f"class-{number}" for number in range(300)))


def test_jumpstarts_model_gets_the_hyperparameters_that_it_knows(tmp_path: Any) -> None:
    request = training.request(context_in(tmp_path), "plugs-1")
    assert request["HyperParameters"].keys() == {"epochs", "seed"}


def test_training_may_take_as_long_as_the_settings_say(tmp_path: Any) -> None:
    pictures = PictureSet(tuple(tmp_path / f"{number}.jpg" for number in range(40)), ("a",))
    assert training.request(context_in(tmp_path, pictures=pictures), "plugs-1")["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 3600 + 3 * 40 * 30
    }
    context = context_in(tmp_path, train_minutes=2.5)
    spot = dataclasses.replace(context.api.algorithm, spot=True)
    context = dataclasses.replace(context, api=dataclasses.replace(context.api, algorithm=spot))
    assert training.request(context, "plugs-1")["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 150,
        "MaxWaitTimeInSeconds": 300,
    }


LIMITS = {"StoppingCondition": {"MaxRuntimeInSeconds": 150, "MaxWaitTimeInSeconds": 300}}


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (
            {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxRuntimeExceeded", **LIMITS},
            "plugs-1 was stopped after 2.5 min, its limit; the same command with more TRAIN_MINUTES",
        ),
        (
            {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxWaitTimeExceeded", **LIMITS},
            "had not ended 5 min after it was asked for, the longest wait for a spot instance",
        ),
        (
            {"TrainingJobStatus": "Failed", "SecondaryStatus": "Failed", "FailureReason": "AlgorithmError: no."},
            "plugs-1 ended as Failed: AlgorithmError: no; ",
        ),
        ({"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}, "ended as Stopped: no reason given; "),
    ],
    ids=["out of time", "no spot instance", "failed", "stopped by somebody"],
)
def test_how_a_job_ended_is_told_as_it_was(job: dict[str, Any], said: str) -> None:
    assert said in training.unwanted_end("plugs-1", job)


@pytest.mark.parametrize("adjusts", [False, True])
@pytest.mark.parametrize("region", sorted(GROUND_TRUTH_ACCOUNTS))
def test_the_labelling_request_fits_the_service_model(tmp_path: Any, region: str, adjusts: bool) -> None:
    request = labelling_request.request(context_in(tmp_path, region=region), "plugs-1", adjusts=adjusts)
    validate_request("sagemaker", "CreateLabelingJob", request)


@pytest.mark.parametrize(
    ("member", "function", "documented", "adjusts"),
    [
        ("PreHumanTaskLambdaArn", "PRE-BoundingBox", "HumanTaskConfig", False),
        ("AnnotationConsolidationLambdaArn", "ACS-BoundingBox", "AnnotationConsolidationConfig", False),
        ("PreHumanTaskLambdaArn", "PRE-AdjustmentBoundingBox", "HumanTaskConfig", True),
        ("AnnotationConsolidationLambdaArn", "ACS-AdjustmentBoundingBox", "AnnotationConsolidationConfig", True),
    ],
)
def test_the_functions_are_those_that_botocore_documents(
    tmp_path: Any, member: str, function: str, documented: str, adjusts: bool
) -> None:
    model = botocore.session.Session().get_service_model("sagemaker")
    text = model.shape_for(documented).members[member].documentation
    arns = set(re.findall(rf"arn:aws:lambda:[a-z0-9-]+:\d+:function:{function}\b(?!-)", text))
    assert len(arns) >= 12
    for region in GROUND_TRUTH_ACCOUNTS:
        request = labelling_request.request(context_in(tmp_path, region=region), "plugs-1", adjusts=adjusts)
        config = request["HumanTaskConfig"]
        sent = config.get(member) or config["AnnotationConsolidationConfig"][member]
        assert sent in arns


@pytest.mark.parametrize("templates", [labelling_request.TEMPLATES, labelling_request.ADJUSTMENT_TEMPLATES])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_labelling_template_is_one_that_ground_truth_reads(language: str, templates: dict[str, Path]) -> None:
    text = templates[language].read_text(encoding="utf-8")
    for part in (
        'name="boundingBox"',
        "task.input.taskObject | grant_read_access",
        "task.input.labels | to_json | escape",
        "<full-instructions",
        "<short-instructions>",
    ):
        assert part in text


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_template_of_an_adjustment_job_shows_the_proposals(language: str) -> None:
    """As AWS's documentation of crowd-bounding-box has it, but for the name of the label attribute."""
    text = labelling_request.ADJUSTMENT_TEMPLATES[language].read_text(encoding="utf-8")
    for part in (
        'initial-value="[',
        "{% for box in task.input.manifestLine.proposals.annotations %}",
        "{% assign label = task.input.manifestLine.proposals-metadata.class-map[class_id] %}",
        "label: {{ label | to_json }},",
        "height: {{ box.height }},",
    ):
        assert part in text


def test_metrics_are_read_off_the_log_by_their_definitions() -> None:
    definitions = [
        {"Name": "epoch", "Regex": r"^epoch (\d+)/"},
        {"Name": "Val_CrossEntropy", "Regex": r"Val_CrossEntropy=([0-9.]+)"},
    ]
    lines = ["starting", "epoch 1/2 Val_CrossEntropy=0.9", "Val_CrossEntropy=7", "epoch 2/2 Val_CrossEntropy=0.5"]
    assert training.read_history(lines, definitions) == [
        {"epoch": 1.0, "Val_CrossEntropy": 0.9},
        {"epoch": 2.0, "Val_CrossEntropy": 0.5},
    ]


def test_the_log_tells_the_values_that_were_used_and_on_what_was_validated() -> None:
    lines = [
        "hyperparameters epochs=30 adam-learning-rate=0.001 batch-size=2",
        "training 3 classes on 33 pictures, 0 held out for validation, device cpu",
    ]
    assert training.hyperparameters_of(lines) == {"epochs": "30", "adam-learning-rate": "0.001", "batch-size": "2"}
    assert training.validation_pictures_of(lines) == 0
    assert training.validation_pictures_of(["training 3 classes on 90 pictures, 10 held out for validation"]) == 10
    assert training.hyperparameters_of(["JumpStart's own"]) == {}
    assert training.validation_pictures_of(["JumpStart's own"]) is None
