// One of several processes that issue ids from blocks of one Postgres server, until time is up. Says how many it issued.
import { PG } from "../../test/counter/postgres/clients.ts";
import { type Block, Id64, PostgresCounter } from "../../test/support/library.ts";
import { answerJob } from "../../test/support/workers.ts";

export interface Job {
  readonly url: string;
  readonly instanceId: number;
  readonly blockSize: number;
  readonly milliseconds: number;
}

answerJob(async ({ url, instanceId, blockSize, milliseconds }: Job) => {
  const { client, end: disconnect } = PG.connect(url, 1);
  const counter = new PostgresCounter(client, { timeout: 60_000 });
  let block: Block = { start: 0n, end: BigInt(blockSize) };
  const ids = Id64.multiplicative({ instanceId, blockSize, counter: { reserve: () => block } });
  const claim = { instanceId, limit: 2n ** 48n, fingerprint: "16+48:bench" };
  const out = new BigUint64Array(blockSize);
  await counter.open(claim);
  let issued = 0;
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    block = await counter.reserve(blockSize, claim);
    ids.fillU64(out);
    issued += out.length;
  }
  await disconnect();
  return issued;
});
