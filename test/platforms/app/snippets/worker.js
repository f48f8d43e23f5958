import { Id64Decoder } from "permid64";

const ids = Id64Decoder.multiplicative();

export default {
  fetch(request) {
    const token = new URL(request.url).searchParams.get("token");
    const origin = ids.tryDecodeBase62(token);
    if (!origin) return new Response("no such order", { status: 404 });
    const { instanceId, sequence } = origin;
    return Response.json({ engine: ids.engine, instanceId, sequence: String(sequence) });
  },
};
