import { suite } from "../suite.mjs";

export default { fetch: () => Response.json(suite()) };
