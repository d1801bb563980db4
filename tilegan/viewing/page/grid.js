// Windows and shards, drawn over the picture: each window is translated alone, and its edges meet those of its
// neighbors; each shard is computed and stored as a whole.

import { imageBounds, pixelAt, toLatLng } from "./geometry.js";

const SIDE = 512; // CSS pixels of one canvas
const CLOSEST = 9; // CSS pixels between lines that are still drawn

const GridLines = L.GridLayer.extend({
  createTile(coords) {
    const canvas = document.createElement("canvas");
    const ratio = Math.max(1, window.devicePixelRatio || 1);
    canvas.width = canvas.height = SIDE * ratio;
    const { grid, info } = this.options;
    const scale = 2 ** (coords.z - info.maxZoom);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.translate(-coords.x * SIDE, -coords.y * SIDE);
    const area = {
      left: coords.x * SIDE,
      top: coords.y * SIDE,
      width: info.width * scale,
      height: info.height * scale,
    };
    if (grid.window * scale >= CLOSEST) lines(context, area, grid.window * scale, "rgb(255 255 255 / 92%)", 1.25);
    if (grid.shard * scale >= CLOSEST) {
      lines(context, area, grid.shard * scale, "#ff9d4d", 2.5);
      if (grid.shard * scale >= 150) names(context, area, grid.shard * scale);
    }
    return canvas;
  },
});

function lines(context, area, step, color, width) {
  const right = Math.min(area.width, area.left + SIDE);
  const bottom = Math.min(area.height, area.top + SIDE);
  context.beginPath();
  for (let x = Math.floor(area.left / step) * step; x <= right + step && x <= area.width; x += step) {
    context.moveTo(x, area.top);
    context.lineTo(x, bottom);
  }
  for (let y = Math.floor(area.top / step) * step; y <= bottom + step && y <= area.height; y += step) {
    context.moveTo(area.left, y);
    context.lineTo(right, y);
  }
  context.lineWidth = width + 1.5;
  context.strokeStyle = "rgb(0 0 0 / 35%)";
  context.stroke();
  context.lineWidth = width;
  context.strokeStyle = color;
  context.stroke();
}

function names(context, area, step) {
  context.font = "600 12px system-ui, sans-serif";
  context.textBaseline = "top";
  const [row, column] = [Math.floor(area.top / step), Math.floor(area.left / step)];
  for (let y = row; y * step < Math.min(area.height, area.top + SIDE); y++) {
    for (let x = column; x * step < Math.min(area.width, area.left + SIDE); x++) {
      const text = `shard ${y}, ${x}`;
      const wide = context.measureText(text).width;
      context.fillStyle = "rgb(20 20 19 / 78%)";
      context.fillRect(x * step + 6, y * step + 6, wide + 12, 20);
      context.fillStyle = "#ffc592";
      context.fillText(text, x * step + 12, y * step + 10);
    }
  }
}

/** Row and column of the window and of the shard that a pixel belongs to. */
export function cellOf({ x, y }, grid) {
  const cell = (side) => [Math.floor(y / side), Math.floor(x / side)];
  return { window: cell(grid.window), shard: cell(grid.shard) };
}

export function makeGrid(info, state, stage) {
  if (!info.grid) {
    for (const button of document.querySelectorAll("[data-do=grid]")) button.hidden = true;
    return;
  }
  const shown = new Map();
  const { grid } = info;
  const options = { pane: "grid", tileSize: SIDE, bounds: imageBounds(info), minZoom: -20, maxZoom: 40, grid, info };
  const outline = (map) => L.rectangle(imageBounds(info), { pane: "grid", className: "window-here", interactive: false });

  const point = (event) => {
    const here = state.grid && event?.latlng && pixelAt(event.latlng, info);
    for (const [map, { box }] of shown) {
      if (!here || grid.window * 2 ** (map.getZoom() - info.maxZoom) < 2 * CLOSEST) {
        box.remove();
        continue;
      }
      const [row, column] = cellOf(here, grid).window;
      const [x, y] = [column * grid.window, row * grid.window];
      const end = toLatLng(Math.min(x + grid.window, info.width), Math.min(y + grid.window, info.height));
      box.setBounds([toLatLng(x, y), end]).addTo(map);
    }
  };

  state.on(() => {
    const maps = state.grid ? stage.maps : [];
    for (const [map, { layer, box }] of shown) {
      if (maps.includes(map)) continue;
      layer.remove();
      box.remove();
      shown.delete(map);
    }
    for (const map of maps) {
      if (shown.has(map)) continue;
      shown.set(map, { layer: new GridLines(options).addTo(map), box: outline(map) });
      map.off("mousemove click mouseout", point).on("mousemove click mouseout", point);
    }
    for (const button of document.querySelectorAll("[data-do=grid]")) {
      button.setAttribute("aria-pressed", state.grid);
    }
  });
}
