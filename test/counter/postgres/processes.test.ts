import { testProcesses } from "./processes.ts";

testProcesses({ blocks: 100, kills: 12 });
