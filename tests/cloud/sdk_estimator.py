"""The SDK's own `JumpStartEstimator`, from fit to deploy; run as a program of its own, because of the SDK's warnings.

Arguments: role ARN, S3 address of the training data, S3 prefix for the output.
"""

import sys

import boto3
import sagemaker.session
from sagemaker.jumpstart.estimator import JumpStartEstimator

role, training, output = sys.argv[1:]
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
while session.sagemaker_client.describe_training_job(TrainingJobName="sdk-estimator-1")["TrainingJobStatus"] not in (
    "Completed",
    "Failed",
):
    pass
estimator.deploy(
    instance_type="ml.m5.large", initial_instance_count=1, wait=False, model_name="sdk-1", endpoint_name="sdk-1"
)
for delete in (
    lambda: session.sagemaker_client.delete_endpoint(EndpointName="sdk-1"),
    lambda: session.sagemaker_client.delete_endpoint_config(EndpointConfigName="sdk-1"),
    lambda: session.sagemaker_client.delete_model(ModelName="sdk-1"),
):
    delete()
