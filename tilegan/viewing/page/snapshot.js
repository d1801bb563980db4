// The view as a PNG: what the maps show, pixel by pixel of the screen, without controls.

import { pixelRatio } from "./geometry.js";

const PATIENCE = 15000; // milliseconds that tiles are waited for

async function loaded(stage) {
  const end = performance.now() + PATIENCE;
  while (stage.slots.some((slot) => slot.waiting) && performance.now() < end) {
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** Draws all pictures in a pane, in the order of their levels. */
function drawPane(context, map, name, origin) {
  const pane = map.getPane(name);
  const levels = [...pane.querySelectorAll(".leaflet-tile-container")];
  levels.sort((a, b) => Number(a.style.zIndex) - Number(b.style.zIndex));
  for (const level of levels) {
    for (const tile of level.querySelectorAll(".leaflet-tile-loaded")) {
      if (tile instanceof HTMLImageElement && !tile.naturalWidth) continue;
      const box = tile.getBoundingClientRect();
      context.drawImage(tile, box.left - origin.left, box.top - origin.top, box.width, box.height);
    }
  }
}

function drawMap(context, stage, map, origin) {
  const box = map.getContainer().getBoundingClientRect();
  const { mode, at, mix, peek, grid } = stage.state;
  const first = map === stage.map;
  const part = (from, to, alpha, name) => {
    context.save();
    context.beginPath();
    context.rect(box.left - origin.left + from, box.top - origin.top, to - from, box.height);
    context.clip();
    context.globalAlpha = alpha;
    context.imageSmoothingEnabled = !map.getContainer().classList.contains("magnified");
    drawPane(context, map, name, origin);
    context.restore();
  };
  const line = first && mode === "swipe" && !peek ? Math.round(box.width * at) : 0;
  if (mode === "swipe" && !peek) part(0, line, 1, "base");
  else part(0, box.width, 1, "base");
  if (first && !peek) part(line, box.width, mode === "blend" ? mix : 1, "over");
  if (grid) part(0, box.width, 1, "grid");
}

/** The view as a canvas of the screen's own resolution; beside the image it is transparent. */
export async function draw(stage) {
  await loaded(stage);
  const origin = stage.element.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(origin.width * pixelRatio());
  canvas.height = Math.round(origin.height * pixelRatio());
  const context = canvas.getContext("2d");
  context.scale(canvas.width / origin.width, canvas.height / origin.height);
  for (const map of stage.maps) drawMap(context, stage, map, origin);
  return canvas;
}

export async function save(stage, title) {
  const canvas = await draw(stage);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  const { lat, lng } = stage.map.getCenter();
  const stem = title.replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{N}_-]+/gu, "-") || "view";
  link.download = `${stem}-x${Math.round(lng)}-y${Math.round(lat)}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
