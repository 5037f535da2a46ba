"""Where Ground Truth keeps the functions that prepare and consolidate bounding-box jobs."""

from __future__ import annotations

# The accounts in which AWS keeps its labelling functions, by region; listed in botocore's documentation of
# HumanTaskConfig.PreHumanTaskLambdaArn.
GROUND_TRUTH_ACCOUNTS = {
    "us-east-1": "432418664414",
    "us-east-2": "266458841044",
    "us-west-2": "081040173940",
    "ca-central-1": "918755190332",
    "eu-west-1": "568282634449",
    "eu-west-2": "487402164563",
    "eu-central-1": "203001061592",
    "ap-northeast-1": "477331159723",
    "ap-northeast-2": "845288260483",
    "ap-south-1": "565803892007",
    "ap-southeast-1": "377565633583",
    "ap-southeast-2": "454466003867",
}


def labelling_functions(region: str) -> str:
    """The ARN up to the functions' names, `arn:aws:lambda:<region>:<account>:function`; "" where a region has none."""
    account = GROUND_TRUTH_ACCOUNTS.get(region)
    return f"arn:aws:lambda:{region}:{account}:function" if account else ""
