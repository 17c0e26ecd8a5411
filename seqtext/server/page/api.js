// Requests to the server, and its faults.

/** A fault as a person is told of it: what was received and is accepted, and what to try. */
export class Fault extends Error {
  constructor(message, hint = "") {
    super(message);
    this.hint = hint;
  }
}

const UNREACHABLE = "The server does not answer. What you typed is kept.";

async function sent(path, body, signal) {
  try {
    return await fetch(path, body === undefined ? { signal } : {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Fault(UNREACHABLE, "seqtext serve");
  }
}

/** Turn a hint for programs into one to type here: of `"text": "…"`, what is in the quotes. */
function typeable(hint) {
  try {
    const [[name, value], ...others] = Object.entries(JSON.parse(`{${hint}}`));
    return ["text", "prompt", "source"].includes(name) && typeof value === "string" && !others.length ? value : hint;
  } catch {
    return hint;
  }
}

async function refused(response) {
  const found = await response.json().catch(() => ({}));
  const fault = found.error ?? {};
  return new Fault(fault.message ?? `The server answered ${response.status}.`, typeable(fault.hint ?? ""));
}

/** Ask a command; returns the answer and the name of the model that gave it. */
export async function ask(command, body, signal) {
  const response = await sent(`/v1/${command}`, body, signal);
  if (!response.ok) throw await refused(response);
  return { answer: await response.json(), model: response.headers.get("Seqtext-Model") ?? "" };
}

/** Ask for a text that streams; `take` gets each piece. Returns the name of the model. */
export async function stream(command, body, signal, take) {
  const response = await sent(`/v1/${command}`, { ...body, stream: true }, signal);
  if (!response.ok) throw await refused(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new Fault(UNREACHABLE, "seqtext serve");
    });
    if (done) throw new Fault("The text broke off before its end.", "ask again");
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
      if (data === "[DONE]") return response.headers.get("Seqtext-Model") ?? "";
      if (!data) continue;
      const found = JSON.parse(data);
      if (found.error) throw new Fault(found.error.message, typeable(found.error.hint ?? ""));
      if (found.piece !== undefined) take(found.piece);
    }
  }
}

let listed;

/** The models that may be asked, as /v1/models lists them; asked for once. */
export function models() {
  listed ??= sent("/v1/models").then(async (response) => {
    if (!response.ok) throw await refused(response);
    return (await response.json()).data;
  });
  listed.catch(() => { listed = undefined; });
  return listed;
}
