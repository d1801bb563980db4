// What stands at a place: its pixel, its coordinates on the ground, its window, and the values of all layers.

import { coordinate, grouped, lonLatText, onGround, pixelAt, toLatLng } from "./geometry.js";
import { cellOf } from "./grid.js";

const REST = 110; // milliseconds that the pointer rests before values are asked for

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Values of 8 or 16 bits, possibly with opacity, as a color of a style sheet. */
const swatchOf = (value) => value.slice(0, 3).map((each) => (Math.max(...value) > 255 ? each / 257 : each));

export class Readout {
  constructor(info, state, stage) {
    this.info = info;
    this.state = state;
    this.panel = document.getElementById("readout");
    this.timer = 0;
    this.asked = null;
    this.spot = null;
    this.known = new Set();
    this.touched = false;
    state.on(() => stage.maps.forEach((map) => this.watch(map)));
  }

  watch(map) {
    if (this.known.has(map)) return;
    this.known.add(map);
    const container = map.getContainer();
    container.addEventListener("pointerdown", (event) => (this.touched = event.pointerType !== "mouse"));
    map.on("mousemove", (event) => this.touched || this.show(pixelAt(event.latlng, this.info)));
    map.on("mouseout", () => this.touched || this.show(null));
    map.on("click", (event) => {
      if (!this.touched) return;
      const pixel = pixelAt(event.latlng, this.info);
      this.show(pixel);
      this.mark(map, pixel);
    });
  }

  /** Read the pixel in the middle of a map: for those who have no pointer. */
  readMiddle(map) {
    const pixel = pixelAt(map.getCenter(), this.info);
    this.show(pixel);
    this.mark(map, pixel);
  }

  mark(map, pixel) {
    this.spot?.remove();
    this.spot = null;
    if (!pixel) return;
    const icon = L.divIcon({ className: "spot", iconSize: [16, 16] });
    this.spot = L.marker(toLatLng(pixel.x + 0.5, pixel.y + 0.5), { icon, interactive: false, keyboard: false });
    this.spot.addTo(map);
  }

  show(pixel) {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.panel.hidden = !pixel;
    if (!pixel) return;
    const ground = onGround(pixel, this.info);
    this.rows = [["Pixel", `${grouped(pixel.x)}, ${grouped(pixel.y)}`]];
    if (ground) {
      const [x, y] = ground.map((value) => coordinate(value, this.info));
      this.rows.push([this.info.crs.name ?? "Place", `${x}, ${y}`]);
    }
    if (this.state.grid && this.info.grid) {
      const { window, shard } = cellOf(pixel, this.info.grid);
      this.rows.push(["Window", window.join(", ")], ["Shard", shard.join(", ")]);
    }
    this.write(this.rows);
    this.timer = setTimeout(() => this.ask(pixel), REST);
  }

  write(rows) {
    const list = this.panel.querySelector(".place");
    list.replaceChildren(...rows.flatMap(([term, text]) => [element("dt", "", term), element("dd", "", text)]));
  }

  async ask(pixel) {
    this.asked = new AbortController();
    let answer;
    try {
      const response = await fetch(`pixel.json?x=${pixel.x}&y=${pixel.y}`, { signal: this.asked.signal });
      if (!response.ok) return;
      answer = await response.json();
    } catch {
      return; // the pointer has moved on, or the server is gone, which the status tells
    }
    if (answer.lonlat) this.write([...this.rows, ["Position", lonLatText(answer.lonlat)]]);
    this.panel.querySelector(".values").replaceChildren(
      ...this.info.layers.map((layer) => {
        const value = answer.values?.[layer.id];
        const item = element("li");
        const swatch = element("span", "swatch");
        if (value) swatch.style.background = `rgb(${swatchOf(value).join(" ")})`;
        item.append(
          swatch,
          element("span", "name", layer.title),
          element("span", value ? "" : "empty", value ? value.join(" ") : "not computed"),
        );
        return item;
      }),
    );
  }
}
