"""The SDK's own `JumpStartEstimator` through fit, deploy, predict and delete.

A program of its own, because of the SDK's warnings. Arguments: role ARN, S3 address of the training data, S3 prefix for
the output, a picture, for which it prints the endpoint's answer.
"""

import json
import sys
from pathlib import Path

import boto3
import sagemaker.session
from sagemaker.jumpstart.estimator import JumpStartEstimator

role, training, output, picture = sys.argv[1:]
session = sagemaker.session.Session(boto3.Session(region_name="us-east-1"), default_bucket=output.split("/")[2])
estimator = JumpStartEstimator(
    model_id="mxnet-od-ssd-512-mobilenet1-0-coco",
    role=role,
    output_path=output,
    sagemaker_session=session,
    instance_type="ml.g4dn.xlarge",
    hyperparameters={"epochs": "1"},
)
estimator.fit({"training": training}, wait=False, logs=False, job_name="sdk-estimator-1")
session.sagemaker_client.get_waiter("training_job_completed_or_stopped").wait(
    TrainingJobName="sdk-estimator-1", WaiterConfig={"Delay": 1, "MaxAttempts": 120}
)
predictor = estimator.deploy(
    instance_type="ml.m5.large", initial_instance_count=1, wait=False, model_name="sdk-1", endpoint_name="sdk-1"
)
# An endpoint that is coming up cannot be deleted; the waiters are boto3's own.
client, quickly = session.sagemaker_client, {"Delay": 1, "MaxAttempts": 120}
client.get_waiter("endpoint_in_service").wait(EndpointName="sdk-1", WaiterConfig=quickly)
print(json.dumps(predictor.predict(Path(picture).read_bytes())))
predictor.delete_model()
predictor.delete_endpoint(delete_endpoint_config=True)
client.get_waiter("endpoint_deleted").wait(EndpointName="sdk-1", WaiterConfig=quickly)
