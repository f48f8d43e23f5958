// share.mjs STATE_FILE STOP_FILE: issues from a state file that others use at the same time, until there is a stop file.
// It says what it issued, a line for each block.
import { existsSync } from "node:fs";
import { Id64, SqliteCounter } from "permid64";

const [stateFile, stopFile] = process.argv.slice(2);
// However slow the machine is, the others will not hold the lock that long.
const counter = new SqliteCounter(stateFile, { timeout: 60_000 });
const ids = Id64.feistel({ instanceId: 7, counter, blockSize: 10 });
while (!existsSync(stopFile)) {
  console.log(Array.from({ length: 10 }, () => ids.decodeBase62(ids.nextBase62()).sequence).join(" "));
  // SQLite's lock is not fair: who asks for it all the time would get it nearly every time.
  await new Promise((resolve) => setTimeout(resolve, 10));
}
