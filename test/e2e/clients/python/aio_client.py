"""GetCallerIdentity by aiobotocore: `use` with the session that is held, `fresh` with a new one."""

import asyncio
import os

import aiobotocore
from aiobotocore.session import get_session
from aiobotocore.utils import AioIMDSRegionProvider

from lines import known_region, serve

session = get_session()


async def ask(command):
    global session
    if command == "fresh":
        session = get_session()
    region = known_region() or await AioIMDSRegionProvider(get_session()).provide()
    endpoint = os.environ["AWS_ENDPOINT_URL_STS"]
    async with session.create_client("sts", region_name=region, endpoint_url=endpoint) as sts:
        return {"arn": (await sts.get_caller_identity())["Arn"], "region": region}


loop = asyncio.new_event_loop()
serve(aiobotocore.__version__, lambda command: loop.run_until_complete(ask(command)))
