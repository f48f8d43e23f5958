let told = false;

/** Tells the server how the page fared, and goes on to the page that it names. */
export async function report(result) {
  if (told) return;
  told = true;
  const response = await fetch("/report", { method: "POST", body: JSON.stringify(result) });
  location.href = await response.text();
}

const fail = (error) => report({ failures: [`${error}\n${error?.stack}`] });
addEventListener("error", (event) => fail(event.error ?? event.message));
addEventListener("unhandledrejection", (event) => fail(event.reason));
