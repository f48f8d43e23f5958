import { AsyncId64, IndexedDbCounter } from "/permid64.js";

// Once in each profile of each browser, with an instance id that a server gives to that profile only.
export const setUp = (instanceId) => IndexedDbCounter.create("orders", { instanceId });

export const idsOf = (instanceId) =>
  AsyncId64.multiplicative({ instanceId, counter: new IndexedDbCounter("orders"), minBlock: 64 });
