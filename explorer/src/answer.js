import { bindCurve } from "./curve.js";
import { button, h, save } from "./dom.js";
import { fromObject } from "./problem.js";

const PATIENCE = 400;

/** The verdict and what comes with it. `actions`: take(problem), preview(entries), longer(). */
export class Answer {
  #busy = null;

  constructor(actions) {
    this.actions = actions;
    this.word = h("p", { className: "word" });
    this.short = h("p", { className: "short" });
    this.because = h("p", { className: "because" });
    this.said = h("div", { role: "status", "aria-live": "polite", "aria-atomic": "true" }, this.word, this.short, this.because);
    this.working = h("p", { className: "working", hidden: true }, "deciding …");
    this.verdict = h("section", { id: "verdict", tabIndex: -1 }, this.said, this.working);
    this.rest = h("div", { className: "rest" });
    this.certificate = null;
    this.known = this.#slot();
    this.nearest = this.#slot();
    this.told = this.#slot();
    this.check = this.#slot();
  }

  #slot() {
    const found = h("div", { className: "part" });
    this.rest.append(found);
    return found;
  }

  /** A question was asked: what is shown is of the one before. */
  wait() {
    this.rest.setAttribute("aria-busy", "true");
    clearTimeout(this.#busy);
    this.#busy = setTimeout(() => (this.working.hidden = false), PATIENCE);
  }

  /** The last part has come. */
  done() {
    clearTimeout(this.#busy);
    this.working.hidden = true;
    this.rest.removeAttribute("aria-busy");
  }

  fail(message) {
    this.done();
    this.#clear();
    this.verdict.className = "undecided";
    this.word.textContent = "no answer";
    this.short.textContent = message;
    this.because.textContent = "";
  }

  #clear() {
    this.certificate = null;
    for (const slot of [this.nearest, this.known, this.told, this.check]) slot.replaceChildren();
  }

  show(part) {
    if (part.part === "error") this.fail(part.message);
    else this[`_${part.part}`]?.(part);
  }

  _verdict(part) {
    this.#clear();
    clearTimeout(this.#busy);
    this.working.hidden = true;
    this.verdict.className = part.status;
    this.word.textContent = part.words;
    this.short.textContent = part.short;
    this.because.textContent = `Reason: ${part.reason}. ${part.field === "real" ? "Real" : "Complex"} entries; ${part.seconds} s.`;
    if (part.status !== "closed") this.nearest.append(h("p", { className: "caption" }, "Looking for the nearest closed supports …"));
    if (part.status === "undecided") this.#undecided(part);
  }

  #undecided({ known, tried }) {
    const list = (lines) => h("ul", {}, ...lines.map((line) => h("li", {}, line)));
    const more = this.actions.longer();
    this.known.append(
      h("section", {}, h("h2", {}, "What is known"), known.length ? list(known) : h("p", {}, "Nothing beyond the question.")),
      more ? h("p", {}, button(`Think longer (up to ${more.seconds} s)`, more.ask, { className: "longer" })) : "",
      h("details", {}, h("summary", {}, `What was tried (${tried.length})`), list(tried)),
    );
  }

  _proof(part) {
    const template = h("template");
    template.innerHTML = part.counterexample + part.proof;
    this.told.replaceChildren(template.content);
    if (part.counterexample) bindCurve(this.told);
  }

  _certificate(part) {
    this.certificate = part;
    const words = part.verified
      ? `The independent checker verified the certificate${part.trusted.length ? `, but it relies on the bare word of ${part.trusted.join(", ")}` : ""}.`
      : `The checker rejected the certificate: ${part.reason}`;
    const offer = part.text
      ? button(`Save the certificate (${part.bytes} bytes)`, () => this.save(), { className: "certificate" })
      : `It has ${part.bytes} bytes: closedness decide FILE --certificate OUT writes it.`;
    this.check.replaceChildren(
      h("section", { id: "check" }, h("h2", {}, "How to check it"), h("p", {}, words, ` Rules: ${part.rules.join(", ")}.`), h("p", {}, offer)),
      h("pre", {}, "closedness check certificate.json"),
    );
  }

  save() {
    save("certificate.json", new Blob([this.certificate.text], { type: "application/json" }));
  }

  #take(problem) {
    this.verdict.focus({ preventScroll: true }); // the button will be gone
    this.actions.take(fromObject(problem));
  }

  _nearest({ found, summary }) {
    const { preview } = this.actions;
    const choices = found.map(({ words, problem, changes }) => {
      const look = () => preview(changes);
      const away = () => preview([]);
      const listeners = { onpointerenter: look, onpointerleave: away, onfocus: look, onblur: away };
      return h("li", {}, button(words, () => this.#take(problem), { className: "repair", ...listeners }));
    });
    const advice = "Each of these makes the set closed. Click to take it; undo brings the old supports back.";
    this.nearest.replaceChildren(
      h(
        "section",
        { id: "nearest" },
        h("h2", {}, "Nearest closed supports"),
        h("p", {}, choices.length ? advice : "None was found in the time there was."),
        h("ul", { className: "repairs" }, ...choices),
        h("p", { className: "caption" }, `Known: ${summary}.`),
      ),
    );
  }
}
