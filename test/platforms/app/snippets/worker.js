import { Id64Decoder } from "permid64";

const ids = Id64Decoder.multiplicative();

export default {
  fetch(request) {
    const token = new URL(request.url).searchParams.get("token");
    const { instanceId, sequence } = ids.decodeBase62(token);
    return Response.json({ engine: ids.engine, instanceId, sequence: String(sequence) });
  },
};
