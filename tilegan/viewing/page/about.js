// What the page says of the image: its title, and its facts.

import { groundResolution, sizeText } from "./geometry.js";

function facts(info) {
  const rows = [
    ["File", info.title],
    ["Size", `${sizeText(info.width, info.height)}`],
    ["Tiles", `${info.tileSize} pixels, ${info.maxZoom + 1} levels`],
  ];
  if (info.model) rows.push(["Model", info.model]);
  if (info.stroke) rows.push(["Stroke", `${info.stroke} times as large as in training`]);
  if (info.grid) {
    rows.push([
      "Windows",
      `${info.grid.window} pixels: each is translated alone, so that the size of the image does not matter, and fits its neighbors`,
    ]);
    rows.push(["Shards", `${info.grid.shard} pixels: each is computed and stored as a whole`]);
  }
  if (info.crs) {
    rows.push(["Reference system", info.crs.name]);
    const resolution = groundResolution(info);
    if (resolution) rows.push(["Resolution", `${Number(resolution.toPrecision(6))} ${info.crs.unit ?? ""} per pixel`]);
  }
  for (const layer of info.layers) if (layer.note) rows.push([layer.title, layer.note]);
  return rows;
}

export function writeAbout(info) {
  document.title = `${info.title} · tilegan`;
  document.getElementById("title").textContent = info.title;
  const painted = info.model ? ` · ${info.model}` : "";
  document.getElementById("facts").textContent = sizeText(info.width, info.height) + painted;
  document.getElementById("about-facts").replaceChildren(
    ...facts(info).flatMap(([name, text]) => {
      const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      meaning.textContent = text;
      return [term, meaning];
    }),
  );
}
