// How the page asks: (kind, payload, onPart, signal) resolves when the last part of the answer is there.

/** Ask the server of the page; parts are lines of JSON. */
export const overHttp = async (kind, payload, onPart, signal) => {
  const response = await fetch(`ask/${kind}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(payload),
    signal,
  });
  if (!response.ok) {
    const answer = await response.json().catch(() => ({}));
    throw new Error(answer.error ?? `the server answers ${response.status}`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (text + value).split("\n");
    text = lines.pop();
    for (const line of lines) onPart(JSON.parse(line));
  }
};

/** Ask the kernel behind a notebook widget, by messages. */
export const overModel = (model) => {
  let last = 0;
  return (kind, payload, onPart, signal) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const done = (end) => {
        model.off("msg:custom", listen);
        end();
      };
      const listen = (message) => {
        if (message.id !== id) return;
        if (message.part === null) done(resolve);
        else onPart(message.part);
      };
      signal?.addEventListener("abort", () => {
        model.send({ id, cancel: true });
        done(() => reject(new DOMException("asked again", "AbortError")));
      });
      model.on("msg:custom", listen);
      model.send({ id, kind, payload });
    });
};
