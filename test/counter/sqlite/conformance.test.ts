import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../../support/folder.ts";
import { SqliteCounter } from "../../support/library.ts";
import { testConformance } from "../support/conformance.ts";
import { editState } from "./edit.ts";

testConformance(["damage"], () => {
  const path = join(temporaryFolder(), "orders.state");
  SqliteCounter.create(path, { name: "none", instanceId: 0 });
  const counters: SqliteCounter[] = [];
  onTestFinished(() => {
    for (const counter of counters) counter.close();
  });
  return {
    counter(name, options) {
      const counter = new SqliteCounter(path, { name, create: false, ...options });
      counters.push(counter);
      return counter;
    },
    create: (name, options) => SqliteCounter.create(path, { name, ...options }),
    inspect: (name) => SqliteCounter.inspect(path, { name }),
    raise: (name, options) => SqliteCounter.raise(path, { name, ...options }),
    leaseInstanceId: (name, options) => SqliteCounter.leaseInstanceId(path, { name, ...options }),
    setMark(name, instanceId, mark) {
      editState(path, (database) =>
        database
          .prepare("UPDATE counter SET mark = ? WHERE space = ? AND instance_id = ?")
          .run(mark as bigint, name, instanceId),
      );
    },
    badMarks: [-1n, 2n ** 63n - 1n],
    drop(name) {
      editState(path, (database) => {
        database.prepare("DELETE FROM counter WHERE space = ?").run(name);
        database.prepare("DELETE FROM space WHERE name = ?").run(name);
      });
    },
  };
});
