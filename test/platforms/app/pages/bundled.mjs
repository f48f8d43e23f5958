import { suite } from "../suite.mjs";
import { report } from "./report.mjs";

report(suite());
