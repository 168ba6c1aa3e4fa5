/// <reference lib="dom" />
/**
 * The part of a page that one can play with: runs in a browser. A slider over the crash points, a
 * checkbox for each pending write, and below them the result of recovery.
 *
 * @module
 */
import { fromBase64, type LiveCase, type LiveData } from "./live_data.ts";
import { LiveChecker, type LiveState, type LiveWrite } from "./live_checker.ts";

/** Elements of text. */
type Child = Node | string;

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** One case and where it is shown. */
class View {
  readonly #case: LiveCase;
  readonly #checker: LiveChecker;
  readonly #slider: HTMLInputElement;
  readonly #where = element("output", { className: "hint" });
  readonly #writes = element("fieldset");
  readonly #sizes = element("p");
  readonly #verdict = element("div");
  #event: number;
  #state: Map<number, Set<number>>;
  #sizeBytes: number;

  constructor(place: HTMLElement, live: LiveCase, checker: LiveChecker) {
    this.#case = live;
    this.#checker = checker;
    this.#event = live.start.event;
    ({ state: this.#state, sizeBytes: this.#sizeBytes } = this.#startState());
    const id = `live-${place.dataset.case}`;
    this.#slider = element("input", { type: "range", id, min: "-1", step: "1" });
    this.#slider.max = `${live.events.length - 1}`;
    this.#slider.addEventListener("input", () => this.#moveTo(Number(this.#slider.value)));
    const reset = element("button", { type: "button" }, "Reset");
    reset.addEventListener("click", () => this.#reset());
    this.#verdict.setAttribute("role", "status");
    place.replaceChildren(
      element("h3", {}, "Try it"),
      element("label", { htmlFor: id }, "The power is cut after this event:"),
      this.#slider,
      this.#where,
      this.#writes,
      this.#sizes,
      reset,
      this.#verdict,
    );
    this.#show();
  }

  #startState() {
    const { state, sizeBytes } = this.#checker.startState();
    return { state: copyOf(state), sizeBytes };
  }

  #reset(): void {
    this.#event = this.#case.start.event;
    ({ state: this.#state, sizeBytes: this.#sizeBytes } = this.#startState());
    this.#show();
  }

  #moveTo(event: number): void {
    this.#event = event;
    const sizes = this.#checker.sizesAt(event);
    if (!sizes.includes(this.#sizeBytes)) this.#sizeBytes = sizes[sizes.length - 1];
    this.#show();
  }

  #show(): void {
    const { words, events } = this.#case;
    this.#slider.value = `${this.#event}`;
    const text = this.#event < 0
      ? "before anything has happened"
      : `event ${this.#event} of ${events.length - 1}: ${words[this.#event]}`;
    this.#where.textContent = text;
    this.#slider.setAttribute("aria-valuetext", text);
    const writes = this.#checker.writesAt(this.#event);
    this.#writes.replaceChildren(
      element("legend", {}, writes.length === 0 ? "No pending writes." : "Persisted writes"),
      ...writes.map((write) => this.#writeRow(write)),
    );
    this.#showSizes();
    this.#showVerdict();
  }

  #writeRow(write: LiveWrite): HTMLElement {
    const { event, words, units } = write;
    const there = this.#state.get(event) ?? new Set<number>();
    this.#state.set(event, there);
    const box = checkbox(`event ${event}: ${words}`);
    const subs = units.length < 2 ? [] : units.map(({ key, name }) => {
      const sub = checkbox(name);
      sub.input.checked = there.has(key);
      sub.input.addEventListener("change", () => {
        setIn(there, [key], sub.input.checked);
        update();
        this.#showVerdict();
      });
      return { key, sub };
    });
    const update = () => {
      box.input.checked = there.size === units.length;
      box.input.indeterminate = there.size > 0 && there.size < units.length;
      for (const { key, sub } of subs) sub.input.checked = there.has(key);
    };
    box.input.addEventListener("change", () => {
      setIn(there, units.map(({ key }) => key), box.input.checked);
      update();
      this.#showVerdict();
    });
    update();
    if (subs.length === 0) return box.label;
    const parts = element(
      "details",
      { className: "sub" },
      element("summary", {}, `${units.length} fragments`),
      ...subs.map(({ sub }) => sub.label),
    );
    return element("div", {}, box.label, parts);
  }

  #showSizes(): void {
    const sizes = this.#checker.sizesAt(this.#event);
    if (!sizes.includes(this.#sizeBytes)) this.#sizeBytes = sizes[0];
    if (sizes.length < 2) {
      this.#sizes.replaceChildren();
      return;
    }
    const id = `${this.#slider.id}-size`;
    const select = element(
      "select",
      { id },
      ...sizes.map((size) =>
        element("option", { value: `${size}`, selected: size === this.#sizeBytes }, `${size} bytes`)
      ),
    );
    select.addEventListener("change", () => {
      this.#sizeBytes = Number(select.value);
      this.#showVerdict();
    });
    this.#sizes.replaceChildren(element("label", { htmlFor: id }, "File size "), select);
  }

  #showVerdict(): void {
    const violations = this.#checker.check(this.#event, this.#state, this.#sizeBytes);
    const isClean = violations.length === 0;
    const verdict = isClean ? "Every promise is kept." : "A promise is broken:";
    this.#verdict.replaceChildren(
      element("p", { className: `verdict ${isClean ? "good" : "bad"}` }, verdict),
      element(
        "ul",
        {},
        ...violations.slice(0, 12).map(({ kind, detail }) =>
          element("li", {}, `${kind}: ${detail}`)
        ),
      ),
      ...(violations.length > 12 ? [element("p", {}, `and ${violations.length - 12} more`)] : []),
    );
  }
}

function checkbox(words: string): { label: HTMLLabelElement; input: HTMLInputElement } {
  const input = element("input", { type: "checkbox" });
  return { label: element("label", {}, input, words), input };
}

function setIn(set: Set<number>, keys: readonly number[], isThere: boolean): void {
  for (const key of keys) {
    if (isThere) set.add(key);
    else set.delete(key);
  }
}

function copyOf(state: LiveState): Map<number, Set<number>> {
  return new Map([...state].map(([event, keys]) => [event, new Set(keys)]));
}

const data: LiveData = JSON.parse(document.getElementById("live-data")!.textContent!);
let pieces: Uint8Array[] | undefined;

/** Set a case up once it can be seen: a page may have many. */
function begin(place: HTMLElement): void {
  if (place.dataset.begun) return;
  place.dataset.begun = "yes";
  pieces ??= data.pieces.map(fromBase64);
  const live = data.cases[Number(place.dataset.case)];
  new View(place, live, new LiveChecker(live, pieces));
}

for (const place of document.querySelectorAll<HTMLElement>(".live")) {
  const details = place.closest("details")!;
  if (details.open) begin(place);
  details.addEventListener("toggle", () => {
    if (details.open) begin(place);
  });
}
