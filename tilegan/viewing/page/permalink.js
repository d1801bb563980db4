// The view as the address's fragment, #x=..&y=..&z=..&layer=..: kept up to date, and followed when it is changed.
// x and y are the pixel in the middle, z is the magnification as a power of two, where 0 is full resolution.

import { toLatLng, within } from "./geometry.js";

const rounded = (value, decimals) => String(Number(value.toFixed(decimals)));

/** The fragment of what is seen now, without '#'. */
export function describe(info, state, map) {
  const { lat, lng } = map.getCenter();
  const parts = new URLSearchParams({
    x: rounded(lng, 1),
    y: rounded(lat, 1),
    z: rounded(map.getZoom() - info.maxZoom, 3),
    layer: state.layer,
  });
  if (state.mode !== "single") {
    parts.set("mode", state.mode);
    parts.set("other", state.other);
  }
  if (state.mode === "swipe") parts.set("at", rounded(state.at, 3));
  if (state.mode === "blend") parts.set("mix", rounded(state.mix, 2));
  if (state.grid) parts.set("grid", "1");
  return parts.toString();
}

/** Shows what a fragment describes; what it does not name stays as it is, and what means nothing is ignored. */
export function follow(fragment, info, state, map) {
  const parts = new URLSearchParams(fragment.replace(/^#/, ""));
  const number = (name) => (parts.has(name) && parts.get(name) !== "" ? Number(parts.get(name)) : NaN);
  const changes = {};
  for (const name of ["layer", "other", "mode"]) if (parts.has(name)) changes[name] = parts.get(name);
  for (const name of ["at", "mix"]) if (Number.isFinite(number(name))) changes[name] = number(name);
  if (parts.has("grid")) changes.grid = parts.get("grid") === "1" && info.grid !== null;
  state.set(changes);
  const [x, y, z] = [number("x"), number("y"), number("z")];
  if (![x, y, z].every(Number.isFinite)) return;
  const zoom = Math.max(map.getMinZoom(), Math.min(map.getMaxZoom(), z + info.maxZoom));
  map.setView(within(toLatLng(x, y), info), zoom, { animate: false });
}

export function keepPermalink(info, state, map) {
  follow(location.hash, info, state, map);
  let timer = 0;
  let written = location.hash;
  const write = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      written = `#${describe(info, state, map)}`;
      history.replaceState(null, "", written);
    }, 150); // browsers limit how often the address may change
  };
  state.on(write);
  map.on("moveend", write);
  addEventListener("hashchange", () => location.hash !== written && follow(location.hash, info, state, map));
}
