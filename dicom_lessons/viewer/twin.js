// A page without a kernel: the same viewer over a model that only remembers.

import { inflate, openTwins } from "../kit.js";
import { render } from "./viewer.js";

async function openModel({ state, about, frames }) {
  const inflated = await inflate(frames);
  const values = { ...state, about, first: inflated[0].info };
  const listeners = {};
  const send = ({ ask, frames: wanted }) => {
    const answers = wanted.map((frame) => ({ frame, ...inflated[frame] }));
    const message = { ask, frames: answers, places: [], spent: 0 };
    setTimeout(() => listeners["msg:custom"]?.(message, []));
  };
  const set = (name, value) => Object.assign(values, { [name]: value });
  const on = (name, call) => Object.assign(listeners, { [name]: call });
  const off = (name) => delete listeners[name];
  return { get: (name) => values[name], set, save_changes: () => {}, on, off, send };
}

export const openPages = (name) => openTwins(name, openModel, render);
