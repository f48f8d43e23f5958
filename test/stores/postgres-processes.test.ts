import { testProcesses } from "./postgres-processes.ts";

testProcesses({ blocks: 100, kills: 12 });
