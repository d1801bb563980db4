// What is shown, in one place: parts of the page change it by `set`, and hear of it by `on`.

export const MODES = ["single", "swipe", "side", "blend"];

/**
 * The state of the view.
 *
 * layer: what is seen, or seen after; other: what it is compared with; mode: one of MODES; at: where the swipe line is,
 * 0 to 1 of the width; mix: how opaque `layer` is over `other`, 0 to 1; grid: whether windows and shards are drawn;
 * peek: whether the other layer is seen for a moment. Which place is seen is known by the map alone.
 */
export class State {
  constructor(info) {
    const ids = info.layers.map((layer) => layer.id);
    this.ids = new Set(ids);
    this.layer = ids.includes(info.default) ? info.default : ids[0];
    this.other = ids.includes(info.compare) ? info.compare : (ids.find((id) => id !== this.layer) ?? null);
    this.mode = "single";
    this.at = 0.5;
    this.mix = 0.5;
    this.grid = false;
    this.peek = false;
    this.listeners = [];
  }

  /** Calls a function now and after every change. */
  on(listener) {
    this.listeners.push(listener);
    listener(this);
  }

  set(changes) {
    const valid = Object.entries(changes).filter(([name, value]) => this.allows(name, value) && this[name] !== value);
    if (!valid.length) return;
    Object.assign(this, Object.fromEntries(valid));
    this.listeners.forEach((listener) => listener(this));
  }

  allows(name, value) {
    if (name === "layer") return this.ids.has(value);
    if (name === "other") return this.ids.has(value);
    if (name === "mode") return value === "single" || (MODES.includes(value) && this.other !== null);
    if (name === "at" || name === "mix") return value >= 0 && value <= 1;
    return typeof value === "boolean";
  }
}
