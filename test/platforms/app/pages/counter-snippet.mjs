// The page of the docs, as it is, three times.
import { report } from "./report.mjs";

const texts = [];
for (let visit = 0; visit < 3; visit++) {
  const frame = document.body.appendChild(document.createElement("iframe"));
  frame.src = "/snippets/counter.html";
  await new Promise((resolve) => {
    frame.onload = resolve;
  });
  const numbers = frame.contentDocument.querySelector("#numbers");
  while (numbers.textContent === "") await new Promise((resolve) => setTimeout(resolve, 10));
  texts.push(numbers.textContent);
}
report({ failures: [], value: texts });
