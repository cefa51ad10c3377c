const MOST = 500;

/** The states of the page, to go back and forth. */
export class History {
  #past = [];
  #future = [];

  constructor(state) {
    this.state = state;
  }

  push(state) {
    this.#past.push(this.state);
    if (this.#past.length > MOST) this.#past.shift();
    this.#future = [];
    this.state = state;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  undo() {
    if (!this.canUndo) return;
    this.#future.push(this.state);
    this.state = this.#past.pop();
  }

  redo() {
    if (!this.canRedo) return;
    this.#past.push(this.state);
    this.state = this.#future.pop();
  }
}
