"""A double of AWS on this machine, for rehearsing the cloud track: no account, no network, nothing that costs.

Amazon S3, IAM, STS and Cognito are moto's; SageMaker's labelling, training and hosting are the local cloud's own, over
the same wire. It is not AWS: what it refuses AWS refuses, as far as botocore's service models tell, not the reverse.
"""
