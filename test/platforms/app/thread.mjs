// A worker thread of Node: its data is the path of the state file.
import { parentPort, workerData } from "node:worker_threads";
import { suite } from "./suite.mjs";

parentPort.postMessage(suite({ stateFile: workerData }));
