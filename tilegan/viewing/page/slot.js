// A place for one layer in one pane of a map. A layer that is replaced stays below the new one until that is there; and
// while a painted layer is being computed, a coarse preview of it is seen below, which is there at once.

import { imageBounds } from "./geometry.js";
import { tileLayer } from "./tiles.js";

const LONGEST = 3000; // milliseconds that a replaced layer is seen for
const PATIENCE = 300; // milliseconds that tiles may take before something is put below them
const COARSER = 2; // levels by which what is below is coarser than full resolution

export class Slot {
  /**
   * A pane of a map.
   *
   * tell: called with 'missing' where tiles cannot be loaded, 'changed' where more or less of the layer is there.
   * isHidden: whether a part of the map, from one CSS pixel to another across, is covered.
   */
  constructor(map, pane, info, tell, isHidden = () => false) {
    this.map = map;
    this.info = info;
    this.tell = tell;
    this.options = { pane, bounds: imageBounds(info), isHidden };
    this.id = null;
    this.layer = null;
    this.below = new Set(); // what is replaced, and the preview
    this.preview = null;
    this.height = 0;
    this.timer = 0;
  }

  /** Show a layer by its id, or none. */
  show(id) {
    if (id === this.id) return;
    this.id = id;
    clearTimeout(this.timer);
    const before = this.layer;
    this.layer = null;
    if (before) this.lay(before);
    if (id === null) {
      this.clear();
      return;
    }
    setTimeout(() => this.lift(before), LONGEST);
    const told = this.info.layers.find((each) => each.id === id);
    const layer = tileLayer(told, this.info, this.options);
    this.layer = layer;
    this.height += 2;
    layer.setZIndex(this.height);
    layer.on("tilemissing", () => this.tell("missing"));
    layer.on("loading", () => layer === this.layer && this.wait(told));
    layer.on("load completeness", () => layer === this.layer && this.check());
    layer.addTo(this.map);
  }

  /** Something is asked for: put a preview below if it takes long. */
  wait(told) {
    clearTimeout(this.timer);
    const preview = this.info.layers.find((each) => each.kind === "preview");
    if (!preview || told.kind === "source" || this.preview) return;
    this.timer = setTimeout(() => {
      const level = Math.max(0, this.info.maxZoom - COARSER);
      this.preview = tileLayer(preview, this.info, this.options, level).setZIndex(this.height - 1);
      this.lay(this.preview.addTo(this.map));
    }, PATIENCE);
  }

  /** All tiles are there: nothing is needed below them, unless they lack pixels. */
  check() {
    if (this.layer.waiting() === 0 && this.layer.complete()) this.clear();
    this.tell("changed");
  }

  lay(layer) {
    this.below.add(layer);
    this.tell("changed");
  }

  lift(layer) {
    if (!this.below.delete(layer)) return;
    layer.remove();
    if (layer === this.preview) this.preview = null;
    this.tell("changed");
  }

  clear() {
    clearTimeout(this.timer);
    this.below.forEach((layer) => this.lift(layer));
  }

  /** Tiles that are not there yet. */
  get waiting() {
    return this.layer?.waiting() ?? 0;
  }

  /** Whether nothing else is seen than the layer, and all of it. */
  get isWhole() {
    return this.below.size === 0 && (this.layer?.complete() ?? true);
  }

  /** Ask again for what was not computed. */
  refresh() {
    this.layer?.refresh();
  }
}
