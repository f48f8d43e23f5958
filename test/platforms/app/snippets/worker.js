import { Id64, MemoryCounter } from "permid64";

// A reader needs the parameters, and no state.
const ids = Id64.multiplicative({ instanceId: 42, counter: new MemoryCounter() });

export default {
  fetch(request) {
    const token = new URL(request.url).searchParams.get("token");
    const { instanceId, sequence } = ids.decodeBase62(token);
    return Response.json({ engine: ids.engine, instanceId, sequence: String(sequence) });
  },
};
