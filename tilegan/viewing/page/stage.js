// The picture: two maps and what they show in each mode.
// One layer, swipe and opacity use the first map alone, `layer` in its upper pane, which is cut or made transparent, and
// `other` below. Side by side, `layer` is in the second map, which follows the first.

import { imageBounds, magnification, pixelCrs, within } from "./geometry.js";
import { link, Zoomer } from "./motion.js";
import { Slot } from "./slot.js";

const PANES = { base: 200, over: 210, grid: 300 };
const ROOM = { paddingTopLeft: [20, 72], paddingBottomRight: [20, 72] }; // for the panels, in CSS pixels
const LARGEST = 64; // screen pixels per pixel of the image

function makeMap(element, info, label) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(element, {
    crs: pixelCrs(info.maxZoom),
    attributionControl: false,
    zoomControl: false,
    scrollWheelZoom: false, // see Zoomer
    doubleClickZoom: false,
    boxZoom: false,
    keyboard: false, // see keyboard.js
    zoomAnimation: false,
    fadeAnimation: !still,
    inertia: !still,
    zoomSnap: 0,
    bounceAtZoomLimits: false,
    maxZoom: info.maxZoom + Math.log2(LARGEST),
  });
  element.tabIndex = 0;
  element.setAttribute("role", "application");
  element.setAttribute("aria-label", label);
  for (const [name, height] of Object.entries(PANES)) map.createPane(name).style.zIndex = height;
  map.on("zoom", () => element.classList.toggle("magnified", magnification(map, info) >= 2));
  return map;
}

/** Tells 'missing' where tiles cannot be loaded, and 'changed' where more or less of a layer is there. */
export class Stage extends EventTarget {
  constructor(info, state) {
    super();
    const tell = (name) => this.dispatchEvent(new Event(name));
    this.info = info;
    this.state = state;
    this.element = document.getElementById("stage");
    this.divider = document.getElementById("divider");
    this.map = makeMap(document.getElementById("first"), info, `Picture: ${info.title}`);
    this.zoomer = new Zoomer(this.map);
    this.limit();
    this.fit(false);
    const line = () => (state.mode === "swipe" ? state.at * this.map.getSize().x : null);
    this.base = new Slot(this.map, "base", info, tell, (left) => line() !== null && left > line());
    this.over = new Slot(this.map, "over", info, tell, (_, right) => line() !== null && right < line());
    this.second = null;
    this.makeSecond = () => {
      const map = makeMap(document.getElementById("second"), info, "Picture: the second layer");
      map.setMinZoom(this.map.getMinZoom()).setView(this.map.getCenter(), this.map.getZoom(), { animate: false });
      new Zoomer(map);
      this.second = { map, slot: new Slot(map, "base", info, tell), unlink: null };
      return this.second;
    };
    this.map.on("move resize zoom", () => this.cut());
    this.keepInside();
    this.handleDivider();
    new ResizeObserver(() => this.resized()).observe(this.element);
    state.on(() => this.arrange());
  }

  get maps() {
    return this.state.mode === "side" ? [this.map, this.second.map] : [this.map];
  }

  get slots() {
    return [this.base, this.over, this.second?.slot].filter((slot) => slot?.layer);
  }

  /** Whether something else is seen where a layer is not computed yet. */
  isInPart(id) {
    return this.slots.some((slot) => slot.id === id && !slot.isWhole);
  }

  /** Show the whole image. */
  fit(smooth = true) {
    const options = { ...ROOM, duration: 0.5 };
    const bounds = imageBounds(this.info);
    if (smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.map.flyToBounds(bounds, options);
    else this.map.fitBounds(bounds, { ...options, animate: false });
  }

  limit() {
    const bounds = imageBounds(this.info);
    const whole = this.map.getBoundsZoom(bounds, false, L.point(ROOM.paddingTopLeft).add(ROOM.paddingBottomRight));
    this.map.setMinZoom(Math.min(whole, this.info.maxZoom) - 1);
  }

  /** Brings the view back where it has left the image. */
  keepInside() {
    this.map.on("moveend", () => {
      const center = this.map.getCenter();
      const inside = within(center, this.info);
      // Leaflet moves by whole pixels, and tells of a step of none as of any other: that would go on forever
      const step = this.map.project(inside).subtract(this.map.project(center)).round();
      if (step.x || step.y) this.map.panTo(inside);
    });
  }

  arrange() {
    const { mode, peek, layer, other } = this.state;
    this.element.dataset.mode = mode;
    const side = mode === "side";
    document.getElementById("second").hidden = !side;
    this.divider.hidden = mode !== "swipe";
    this.base.show(mode === "single" && !peek ? null : other);
    this.over.show(side ? null : layer);
    if (side) this.showSecond(layer);
    else this.hideSecond();
    this.map.getPane("over").style.opacity = mode === "blend" ? this.state.mix : 1;
    this.divider.style.left = `${this.state.at * 100}%`;
    this.divider.setAttribute("aria-valuenow", Math.round(this.state.at * 100));
    this.cut();
  }

  showSecond(layer) {
    this.resized();
    const second = this.second ?? this.makeSecond();
    second.map.invalidateSize({ pan: false });
    second.slot.show(layer);
    if (second.unlink) return;
    second.unlink = link(this.map, second.map);
    this.map.fire("moveend"); // the second follows
  }

  hideSecond() {
    if (!this.second?.unlink) return;
    this.second.unlink();
    this.second.unlink = null;
    this.second.slot.show(null);
    this.resized();
  }

  resized() {
    this.map.invalidateSize({ animate: false });
    if (this.state.mode === "side") this.second?.map.invalidateSize({ pan: false });
    this.limit();
    this.cut();
  }

  /** Cuts the panes of the first map along the swipe line, or shows all of them. */
  cut() {
    const [base, over] = [this.map.getPane("base"), this.map.getPane("over")];
    const { mode, at, peek } = this.state;
    over.hidden = peek;
    if (mode !== "swipe" || peek) {
      base.style.clipPath = over.style.clipPath = "";
      return;
    }
    const size = this.map.getSize();
    const corner = this.map.containerPointToLayerPoint([0, 0]);
    const [top, bottom] = [corner.y, corner.y + size.y];
    const [left, line, right] = [corner.x, corner.x + Math.round(size.x * at), corner.x + size.x];
    const box = (from, to) => `polygon(${from}px ${top}px, ${to}px ${top}px, ${to}px ${bottom}px, ${from}px ${bottom}px)`;
    base.style.clipPath = box(left, line);
    over.style.clipPath = box(line, right);
  }

  handleDivider() {
    const { divider, state } = this;
    const move = (event) => {
      const box = this.element.getBoundingClientRect();
      state.set({ at: Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) });
    };
    divider.addEventListener("pointerdown", (event) => {
      divider.setPointerCapture(event.pointerId);
      divider.addEventListener("pointermove", move);
      event.stopPropagation();
    });
    for (const name of ["pointerup", "pointercancel"]) {
      divider.addEventListener(name, () => divider.removeEventListener("pointermove", move));
    }
    divider.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      state.set({ at: Math.max(0, Math.min(1, state.at + step)) });
    });
  }
}
