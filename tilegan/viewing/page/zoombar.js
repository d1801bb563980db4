// The magnification and the scale bar.

import { grouped, groundResolution, isMetre, magnification, percent, pixelRatio } from "./geometry.js";

const WIDEST = 92; // CSS pixels

/** The largest 1, 2 or 5 times a power of ten that is not above a limit. */
export function roundBelow(limit) {
  const power = 10 ** Math.floor(Math.log10(limit));
  return [5, 2, 1].map((step) => step * power).find((value) => value <= limit * (1 + 1e-9));
}

function lengthText(length, metres) {
  if (!metres) return `${grouped(length)} px`;
  if (length >= 1000) return `${grouped(length / 1000)} km`;
  return length >= 1 ? `${length} m` : `${Number((length * 100).toPrecision(3))} cm`;
}

export function makeZoomBar(info, stage) {
  const { map } = stage;
  const button = document.getElementById("factor");
  const bar = document.querySelector("#scale .bar");
  const length = document.querySelector("#scale .length");
  const metres = isMetre(info.crs?.unit);
  const each = metres ? groundResolution(info) : 1; // units per pixel of the image
  const show = () => {
    const factor = magnification(map, info);
    button.textContent = percent(factor);
    button.setAttribute("aria-label", `Zoom ${percent(factor)}: go to full resolution`);
    const perScreen = (each / factor) * pixelRatio(); // units per CSS pixel
    const round = roundBelow(perScreen * WIDEST);
    bar.style.width = `${round / perScreen}px`;
    length.textContent = lengthText(round, metres);
  };
  map.on("zoom zoomend moveend", show);
  show();
}
