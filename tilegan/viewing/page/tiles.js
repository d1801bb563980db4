// Layers of tiles. A browser opens six connections to a host: as a tile may take long to compute, each layer uses few of
// them and waits itself, so that what is in the middle of the view comes first and what has left it is not asked for.

import { pixelRatio } from "./geometry.js";

const AT_ONCE = { source: 4, preview: 3, result: 2 };
const AGAIN_AFTER = [1000, 2000, 4000, 8000]; // milliseconds

/** Tiles that wait to be loaded, at most `atOnce` on their way, the nearest to the view's centre first. */
class Queue {
  constructor(atOnce, distance, failed) {
    this.atOnce = atOnce;
    this.distance = distance;
    this.failed = failed;
    this.waiting = new Set();
    this.loading = new Set();
    this.timers = new Map();
  }

  add(tile) {
    tile.image.addEventListener("load", () => this.loading.has(tile) && this.end(tile, null));
    tile.image.addEventListener("error", () => this.loading.has(tile) && this.again(tile));
    this.wait(tile);
  }

  wait(tile) {
    this.waiting.add(tile);
    queueMicrotask(() => this.next()); // tiles of one update come in one go: choose among all of them
  }

  next() {
    while (this.loading.size < this.atOnce && this.waiting.size) {
      const far = new Map([...this.waiting].map((tile) => [tile, this.distance(tile)]));
      const nearest = [...this.waiting].reduce((best, tile) => (far.get(tile) < far.get(best) ? tile : best));
      this.waiting.delete(nearest);
      this.loading.add(nearest);
      nearest.image.src = nearest.url;
    }
  }

  again(tile) {
    const pause = AGAIN_AFTER[tile.tries++];
    if (pause === undefined) {
      this.failed();
      this.end(tile, new Error(`${tile.url} cannot be loaded`));
      return;
    }
    this.loading.delete(tile);
    tile.image.removeAttribute("src");
    this.timers.set(tile, setTimeout(() => this.timers.delete(tile) && this.wait(tile), pause));
    this.next();
  }

  end(tile, error) {
    this.drop(tile);
    tile.done(error, tile.image);
  }

  drop(tile) {
    clearTimeout(this.timers.get(tile));
    this.timers.delete(tile);
    this.waiting.delete(tile);
    if (this.loading.delete(tile)) this.next();
  }

  /** Tiles that are not there yet. */
  get size() {
    return this.waiting.size + this.loading.size + this.timers.size;
  }
}

const QueuedTiles = L.TileLayer.extend({
  initialize(url, options) {
    L.TileLayer.prototype.initialize.call(this, url, options);
    this._pending = new Map();
    this._queue = new Queue(
      options.atOnce,
      (tile) => this._far(tile.coords),
      () => this.fire("tilemissing"),
    );
    this.on("tileunload tileabort", (event) => {
      const tile = this._pending.get(event.tile);
      if (!tile) return;
      this._pending.delete(event.tile);
      this._queue.drop(tile);
      event.tile.src = L.Util.emptyImageUrl; // ends the request
    });
  },

  createTile(coords, done) {
    const image = document.createElement("img");
    image.alt = "";
    image.decoding = "async";
    const tile = { image, coords, done, url: this.getTileUrl(coords), tries: 0 };
    this._pending.set(image, tile);
    this._queue.add(tile);
    return image;
  },

  waiting() {
    return this._queue.size;
  },

  _far(coords) {
    if (!this._map) return 0;
    const level = this._map.project(this._map.getCenter(), coords.z).divideBy(this.getTileSize().x);
    const levels = Math.abs(coords.z - this._tileZoom);
    return Math.hypot(coords.x + 0.5 - level.x, coords.y + 0.5 - level.y) + 100 * levels;
  },
});

/**
 * The tiles of one layer of the image.
 *
 * On screens with several pixels per CSS pixel tiles are laid as much smaller, one or more levels deeper.
 */
export function tileLayer(layer, info, pane, bounds) {
  const deeper = levelsDeeper(info);
  return new QueuedTiles(`tiles/${encodeURIComponent(layer.id)}/{z}/{x}/{y}.png`, {
    pane,
    bounds,
    noWrap: true,
    atOnce: AT_ONCE[layer.kind] ?? 2,
    tileSize: info.tileSize / 2 ** deeper,
    zoomOffset: deeper,
    minNativeZoom: -deeper,
    maxNativeZoom: info.maxZoom - deeper,
    minZoom: -20,
    maxZoom: 40,
    keepBuffer: 2,
    updateWhenIdle: false,
    updateWhenZooming: false,
    updateInterval: 120,
    className: "picture",
  });
}

/** Whether what a layer shows at a zoom are its pixels at full resolution. */
export function atFullResolution(map, info) {
  return Math.round(map.getZoom()) + levelsDeeper(info) >= info.maxZoom;
}

const levelsDeeper = (info) => Math.min(Math.max(0, Math.round(Math.log2(pixelRatio()))), info.maxZoom);
