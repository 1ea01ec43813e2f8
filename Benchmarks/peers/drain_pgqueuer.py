"""Lets PgQueuer drain so many trivial jobs, and prints how many a second it did.

    python drain_pgqueuer.py JOBS      with PEER_POSTGRES_URL; pgq install has been run
"""

import asyncio
import os
import sys
import time

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgPoolDriver
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode

BATCH = 1_000


async def main(jobs):
    async with asyncpg.create_pool(os.environ["PEER_POSTGRES_URL"], min_size=4, max_size=4) as pool:
        driver = AsyncpgPoolDriver(pool)
        queue = PgQueuer(driver)
        done = 0

        @queue.entrypoint("trivial")
        async def trivial(job):
            nonlocal done
            done += 1

        for first in range(0, jobs, BATCH):
            count = min(BATCH, jobs - first)
            await Queries(driver).enqueue(["trivial"] * count, [None] * count, [0] * count)
        began = time.perf_counter()
        await queue.run(batch_size=BATCH, mode=QueueExecutionMode.drain)
        took = time.perf_counter() - began
        if done != jobs:
            sys.exit(f"of {jobs} jobs {done} were done")
        print(jobs / took)


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1])))
