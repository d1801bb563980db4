// Layers of tiles, for Leaflet.
// Leaflet scales a level of tiles as a whole, and browsers leave hairlines between them. Here each tile is placed by
// itself, from a pixel of the screen to another. `_setZoomTransform`, `_addTile` and what these two use are not public;
// the version of Leaflet is fixed by setup.py.

import { pixelRatio } from "./geometry.js";
import { Queue } from "./queue.js";

const AT_ONCE = { source: 5, preview: 4, result: 3 }; // what takes long leaves room for the others

/** Levels by which tiles are deeper than the zoom, so that screens of many pixels per CSS pixel show them all. */
const deeper = (info) => Math.min(Math.max(0, Math.round(Math.log2(pixelRatio()))), info.maxZoom);

/** Whether what is shown at a map's zoom are pixels of full resolution. */
export const atFullResolution = (map, info) => Math.round(map.getZoom()) + deeper(info) >= info.maxZoom;

/** Side of a tile in CSS pixels. */
const tileSide = (info) => info.tileSize / 2 ** deeper(info);

const QueuedTiles = L.GridLayer.extend({
  initialize(url, options) {
    L.setOptions(this, options);
    this._url = url;
    this._pending = new Map(); // image -> tile
    this._queue = new Queue(options.atOnce, () => this.fire("tilemissing"));
    this.on("tileunload", ({ tile: image }) => {
      this._queue.drop(this._pending.get(image));
      this._pending.delete(image);
      this._told();
    });
  },

  createTile(coords, done) {
    const image = document.createElement("img");
    image.alt = "";
    const { x, y, z } = coords;
    image.dataset.place = `${z}/${x}/${y}`;
    const url = L.Util.template(this._url, { x, y, z: z + this.options.zoomOffset });
    const tile = { image, url, tries: 0, complete: true, distance: () => this._distance(coords) };
    tile.done = (error) => {
      done(error, image);
      tile.done = () => this._told(); // when it is asked for again
      this._told();
    };
    this._pending.set(image, tile);
    this._queue.add(tile);
    return image;
  },

  _setZoomTransform(level, center, zoom) {
    level.scale = this._map.getZoomScale(zoom, level.zoom);
    const corner = level.origin.multiplyBy(level.scale).subtract(this._map._getNewPixelOrigin(center, zoom));
    L.DomUtil.setTransform(level.el, corner.round());
    for (const tile of Object.values(this._tiles)) if (tile.coords.z === level.zoom) this._place(tile);
  },

  _addTile(coords, container) {
    L.GridLayer.prototype._addTile.call(this, coords, container);
    this._place(this._tiles[this._tileCoordsToKey(coords)]);
  },

  _place({ el, coords }) {
    const ratio = pixelRatio();
    const onScreen = (side) => Math.round(side * this._levels[coords.z].scale * ratio) / ratio;
    const { x, y } = this._getTilePos(coords);
    const side = this.getTileSize();
    // with other ratios a level begins between pixels of the screen, and edges are blended with what is below them: a tile
    const overlap = Number.isInteger(Math.log2(ratio)) ? 0 : 2 / ratio;
    L.DomUtil.setPosition(el, L.point(onScreen(x), onScreen(y)));
    el.style.width = `${onScreen(x + side.x) - onScreen(x) + overlap}px`;
    el.style.height = `${onScreen(y + side.y) - onScreen(y) + overlap}px`;
  },

  /** Tiles that are not there yet. */
  waiting() {
    return this._queue.size;
  },

  /** Whether the server has all pixels of what is shown. */
  complete() {
    return [...this._pending.values()].every((tile) => tile.complete);
  },

  /** Ask again for tiles of which the server had only a part. */
  refresh() {
    for (const tile of this._pending.values()) {
      if (!tile.complete && !this._queue.has(tile)) this._queue.add(tile);
    }
  },

  _told() {
    const complete = this.complete();
    if (complete !== this._wasComplete) this.fire("completeness");
    this._wasComplete = complete;
  },

  /** How late a tile is due: tiles of the view first, from its middle outwards. */
  _distance(coords) {
    const map = this._map;
    if (!map) return 0;
    const side = this.getTileSize().x;
    const middle = map.project(map.getCenter(), coords.z).divideBy(side);
    const scale = side * map.getZoomScale(map.getZoom(), coords.z);
    const left = map.getSize().x / 2 + (coords.x - middle.x) * scale;
    const late = this.options.isHidden(left, left + scale) + (coords.z !== this._tileZoom);
    return Math.hypot(coords.x + 0.5 - middle.x, coords.y + 0.5 - middle.y) + 1000 * late;
  },
});

/**
 * The tiles of a layer of the image, at most up to a level; tells 'tilemissing' and 'completeness'.
 *
 * Options are the pane, the bounds of the image, and what is hidden of the map (see Slot).
 */
export function tileLayer(layer, info, options, level = info.maxZoom) {
  const version = layer.version ? `?v=${encodeURIComponent(layer.version)}` : "";
  return new QueuedTiles(`tiles/${encodeURIComponent(layer.id)}/{z}/{x}/{y}.png${version}`, {
    ...options,
    noWrap: true,
    atOnce: AT_ONCE[layer.kind] ?? 3,
    tileSize: tileSide(info),
    zoomOffset: deeper(info),
    minNativeZoom: -deeper(info),
    maxNativeZoom: level - deeper(info),
    minZoom: -20,
    maxZoom: 40,
    keepBuffer: 2,
    updateWhenIdle: false,
    updateWhenZooming: false,
    updateInterval: 120,
    className: "picture",
  });
}
