// Runs one section in a process of its own, so that none pays for what V8 has learnt from another.
import { FULL, QUICK } from "./harness.ts";

const [name, effort] = process.argv.slice(2);
const { measure } = await import(`../sections/${name}.ts`);
process.send!(await measure(effort === "quick" ? QUICK : FULL));
