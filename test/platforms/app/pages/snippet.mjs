// The page of the README, as it is.
import { report } from "./report.mjs";

const frame = document.body.appendChild(document.createElement("iframe"));
frame.onload = () => report({ failures: [], text: frame.contentDocument.querySelector("#order").textContent });
frame.src = "/snippets/page.html";
