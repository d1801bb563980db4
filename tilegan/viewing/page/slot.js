// A place for one layer in one pane of a map. A layer that is replaced stays below the new one until that is there.

import { imageBounds } from "./geometry.js";
import { tileLayer } from "./tiles.js";

const LONGEST = 800; // milliseconds that a replaced layer is seen for

export class Slot {
  constructor(map, pane, info, missing) {
    this.map = map;
    this.pane = pane;
    this.info = info;
    this.missing = missing;
    this.id = null;
    this.layer = null;
    this.height = 0;
  }

  /** Show a layer by its id, or none. */
  show(id) {
    if (id === this.id) return;
    this.id = id;
    const before = this.layer;
    this.layer = null;
    if (id === null) {
      before?.remove();
      return;
    }
    const layer = tileLayer(
      this.info.layers.find((each) => each.id === id),
      this.info,
      this.pane,
      imageBounds(this.info),
    );
    this.layer = layer.setZIndex(++this.height).on("tilemissing", this.missing).addTo(this.map);
    if (!before) return;
    const end = () => before.remove();
    layer.once("load remove", end);
    setTimeout(end, LONGEST);
  }

  /** Tiles that are not there yet. */
  get waiting() {
    return this.layer?.waiting() ?? 0;
  }

  reload() {
    this.layer?.redraw();
  }
}
