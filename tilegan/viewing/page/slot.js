// A place for one layer in one pane of a map. A layer that is replaced stays below the new one until that is there.
// Where the result is not computed yet, its preview is seen below it.

import { imageBounds } from "./geometry.js";
import { tileLayer } from "./tiles.js";

const LONGEST = 800; // milliseconds that a replaced layer is seen for

export class Slot {
  constructor(map, pane, info, tell) {
    this.map = map;
    this.pane = pane;
    this.info = info;
    this.tell = tell; // 'missing' or 'changed'
    this.id = null;
    this.layer = null;
    this.below = null;
    this.height = 0;
  }

  /** Show a layer by its id, or none. */
  show(id) {
    if (id === this.id) return;
    this.id = id;
    const before = [this.layer, this.below].filter(Boolean);
    this.layer = this.below = null;
    const end = () => before.forEach((each) => each.remove());
    if (id === null) {
      end();
      return;
    }
    const told = this.info.layers.find((each) => each.id === id);
    this.height += 2;
    const layer = this.add(told, this.height);
    this.layer = layer;
    if (told.kind === "result") layer.on("completeness", () => layer === this.layer && this.fillIn());
    layer.once("load", end);
    setTimeout(end, LONGEST);
  }

  add(told, height) {
    const layer = tileLayer(told, this.info, this.pane, imageBounds(this.info));
    layer.setZIndex(height).on("tilemissing", () => this.tell("missing"));
    return layer.addTo(this.map);
  }

  fillIn() {
    const preview = this.info.layers.find((each) => each.kind === "preview");
    if (this.isComplete) {
      this.below?.remove();
      this.below = null;
    } else if (preview && !this.below) {
      this.below = this.add(preview, this.height - 1);
    }
    this.tell("changed");
  }

  /** Tiles that are not there yet. */
  get waiting() {
    return (this.layer?.waiting() ?? 0) + (this.below?.waiting() ?? 0);
  }

  /** Whether all that is shown of the layer is there. */
  get isComplete() {
    return this.layer?.complete() ?? true;
  }

  /** Ask again for what was not computed. */
  refresh() {
    this.layer?.refresh();
  }
}
