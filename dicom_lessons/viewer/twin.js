// A page without a kernel: the same viewer over a model that only remembers.

import { make } from "../kit.js";
import { render } from "./viewer.js";

async function inflate(value) {
  if (Array.isArray(value)) return Promise.all(value.map(inflate));
  if (value === null || typeof value !== "object") return value;
  if (typeof value.deflated === "string") {
    const bytes = Uint8Array.from(atob(value.deflated), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new DataView(await new Response(stream).arrayBuffer());
  }
  const parts = Object.entries(value).map(async ([key, part]) => [key, await inflate(part)]);
  return Object.fromEntries(await Promise.all(parts));
}

async function openModel({ state, about, frames }) {
  const inflated = await inflate(frames);
  const values = { ...state, about, first: inflated[0].info };
  const listeners = {};
  return {
    get: (name) => values[name],
    set: (name, value) => {
      values[name] = value;
    },
    save_changes: () => {},
    on: (name, call) => {
      listeners[name] = call;
    },
    off: (name) => {
      delete listeners[name];
    },
    send: ({ ask, frames: wanted }) => {
      const answers = wanted.map((frame) => ({ frame, ...inflated[frame] }));
      const message = { ask, frames: answers, places: [], spent: 0 };
      setTimeout(() => listeners["msg:custom"]?.(message, []));
    },
  };
}

// An element of its own knows when it is on the page, and stays apart from others like it.
class Twin extends HTMLElement {
  async connectedCallback() {
    this.model ??= openModel(JSON.parse(this.querySelector("script").textContent));
    const model = await this.model;
    if (this.close || !this.isConnected) return;
    const el = make("div");
    this.replaceChildren(el);
    this.close = render({ model, el });
  }
  disconnectedCallback() {
    this.close?.();
    this.close = null;
  }
}

export function openPages(name) {
  if (!customElements.get(name)) customElements.define(name, class extends Twin {});
}
