// The page of the docs, as it is, four times; and what its runbook says, in it, before the last.
import { idsOf, setUp } from "/snippets/order-page.js";
import { report } from "./report.mjs";

const frame = document.body.appendChild(document.createElement("iframe"));
const loaded = () =>
  new Promise((resolve) => {
    frame.onload = resolve;
  });

async function token() {
  const order = frame.contentDocument.querySelector("#order");
  while (order.textContent === "") await new Promise((resolve) => setTimeout(resolve, 10));
  return order.textContent;
}

/** As in the page's console. */
async function type(name) {
  const script = frame.contentDocument.createElement("script");
  script.textContent = await (await fetch(`/snippets/${name}`)).text();
  frame.contentDocument.body.append(script);
}

const tokens = [];
for (let visit = 0; visit < 3; visit++) {
  const page = loaded();
  frame.src = `/snippets/counter.html?${visit}`;
  await page;
  tokens.push(await token());
}

const logged = new Promise((resolve) => {
  frame.contentWindow.console.log = resolve;
});
await type("counter-inspect.js");
const record = await logged;
const [[instanceId, mark]] = Object.entries(record.marks);

const page = loaded();
await type("counter-anew.js");
await page;
tokens.push(await token());

// In the same database as the pages before, with an instance id of its own.
await setUp(44);
tokens.push(await idsOf(44).nextBase62());

report({ failures: [], value: [`${Object.keys(record).sort()}; ${instanceId}: ${mark}`, ...tokens] });
