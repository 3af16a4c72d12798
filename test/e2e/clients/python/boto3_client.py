"""GetCallerIdentity by boto3, of today or of the days before IMDSv2: `use` with the session that is
held, `fresh` with a new one."""

import collections
import collections.abc
import os

# The old one was written for a Python that had these names here too.
for name in ("Mapping", "MutableMapping"):
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))

import boto3
import botocore.session

from lines import known_region, serve

session = boto3.session.Session()


def answer(command):
    global session
    if command == "fresh":
        session = boto3.session.Session()
    region = known_region() or ask_region()
    sts = session.client("sts", region_name=region, endpoint_url=os.environ["AWS_ENDPOINT_URL_STS"])
    return {"arn": sts.get_caller_identity()["Arn"], "region": region}


def ask_region():
    from botocore.utils import IMDSRegionProvider

    return IMDSRegionProvider(botocore.session.get_session()).provide()


serve(boto3.__version__, answer)
