// How a view moves: smooth zoom by wheel, key, button and double click, and a second map that follows the first.
// Leaflet has no public way to draw a view between two zooms: `_moveStart`, `_move` and `_moveEnd` are what its own
// pinching uses. They (and `_stop`) are used in this file only; the version of Leaflet is fixed by setup.py.

import { within } from "./geometry.js";

const IN_BETWEEN = { pinch: true, round: false }; // layers scale what they have, and load at the end
const PAN = 140; // CSS pixels of a step
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function settle(map, center, zoom) {
  map._move(center, zoom, IN_BETWEEN);
  map.fire("zoom"); // layers choose their level now
  map._moveEnd(true);
}

/** Zooms a map smoothly towards a zoom that may change on the way. */
export class Zoomer {
  constructor(map) {
    this.map = map;
    this.target = null;
    this.frame = 0;
    map.on("movestart", () => this.moving || this.cancel());
    map.getContainer().addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    map.on("dblclick", (event) => this.by(event.originalEvent.shiftKey ? -1 : 1, event.containerPoint));
  }

  onWheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    const speed = event.ctrlKey ? 0.01 : 0.0022; // a pinch on a trackpad comes as small steps with Ctrl
    const step = Math.max(-1, Math.min(1, -event.deltaY * lines * speed));
    this.by(step, this.map.mouseEventToContainerPoint(event));
  }

  /** Zoom in by some levels, about a point of the screen (default: the middle). */
  by(levels, point = this.map.getSize().divideBy(2)) {
    this.to((this.target ?? this.map.getZoom()) + levels, point);
  }

  /** Zoom to a level, about a point of the screen (default: the middle). */
  to(zoom, point = this.map.getSize().divideBy(2)) {
    const map = this.map;
    this.target = Math.max(map.getMinZoom(), Math.min(map.getMaxZoom(), zoom));
    this.point = point;
    this.anchor = map.containerPointToLatLng(point);
    if (this.frame) return;
    map._stop();
    this.moving = true;
    map._moveStart(true, false);
    this.moving = false;
    this.last = performance.now();
    this.frame = requestAnimationFrame((now) => this.step(now));
  }

  step(now) {
    const zoom = this.map.getZoom();
    const share = still() ? 1 : 1 - Math.exp(-(now - this.last) / 70);
    this.last = now;
    const next = zoom + (this.target - zoom) * Math.max(0, share);
    if (Math.abs(this.target - next) < 0.004) {
      const target = this.target;
      this.frame = 0;
      this.target = null;
      settle(this.map, this.centerAt(target), target);
      return;
    }
    this.map._move(this.centerAt(next), next, IN_BETWEEN);
    this.frame = requestAnimationFrame((later) => this.step(later));
  }

  /** The center that keeps the anchor under its point. */
  centerAt(zoom) {
    const offset = this.point.subtract(this.map.getSize().divideBy(2));
    return this.map.unproject(this.map.project(this.anchor, zoom).subtract(offset), zoom);
  }

  cancel() {
    if (!this.frame) return;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.target = null;
    settle(this.map, this.map.getCenter(), this.map.getZoom());
  }
}

/** Moves a map by steps; a step that comes before the last has ended is added to it. */
export function panner(map, info) {
  let goal = null;
  map.on("moveend", () => (goal = null));
  return (x, y) => {
    const place = within(map.unproject(map.project(goal ?? map.getCenter()).add([x * PAN, y * PAN])), info);
    map._stop(); // ends the last step, which forgets its goal
    map.panTo(place, { duration: 0.2 });
    goal = place;
  };
}

/** Lets two maps show the same place, whichever is moved. Returns what ends that. */
export function link(first, second) {
  let following = false;
  const ends = [];
  for (const [map, other] of [
    [first, second],
    [second, first],
  ]) {
    const lead = (move) => () => {
      if (following) return;
      following = true;
      move();
      following = false;
    };
    const events = {
      movestart: lead(() => other._stop()),
      move: lead(() => other._move(map.getCenter(), map.getZoom(), IN_BETWEEN)),
      moveend: lead(() => settle(other, map.getCenter(), map.getZoom())),
    };
    map.on(events);
    ends.push(() => map.off(events));
  }
  return () => ends.forEach((end) => end());
}
