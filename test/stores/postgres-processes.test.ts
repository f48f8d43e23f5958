import { testProcesses } from "./postgres-processes.js";

testProcesses({ blocks: 100, kills: 12 });
