// The controls of the layers: which are seen, how they are compared, and what each of them is.

import { atFullResolution } from "./tiles.js";

const byId = (id) => document.getElementById(id);

/** What is seen of a layer, in one word or two, and the class of its badge. */
function kindOf(layer, full, part) {
  if (layer.kind === "source") return ["Source", "source"];
  if (part) return ["In part", "preview"];
  return layer.kind === "preview" && !full ? ["Preview", "preview"] : ["Exact", "exact"];
}

export function makeDock(info, state, stage) {
  const dock = byId("dock");
  dock.hidden = info.layers.length < 2;
  for (const id of ["layer", "other"]) {
    const select = byId(id);
    select.replaceChildren(...info.layers.map((layer) => new Option(layer.title, layer.id)));
    select.addEventListener("change", () => state.set({ [id]: select.value }));
  }
  for (const button of dock.querySelectorAll("[data-mode]")) {
    button.addEventListener("click", () => state.set({ mode: button.dataset.mode }));
  }
  const mix = byId("mix");
  mix.addEventListener("input", () => state.set({ mix: mix.valueAsNumber / 100 }));

  const show = () => {
    dock.dataset.mode = state.mode;
    const full = atFullResolution(stage.map, info);
    for (const id of ["layer", "other"]) {
      const layer = info.layers.find((each) => each.id === state[id]);
      if (!layer) continue;
      byId(id).value = layer.id;
      const badge = byId(`${id}-badge`);
      const [text, name] = kindOf(layer, full, stage.isInPart(layer.id));
      badge.textContent = text;
      badge.className = `badge ${name}`;
      badge.hidden = name === "source" && layer.title.toLowerCase().startsWith("source");
    }
    for (const button of dock.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", button.dataset.mode === state.mode);
    }
    dock.querySelector(".mix").hidden = state.mode !== "blend";
    mix.value = Math.round(state.mix * 100);
    byId("mix-text").textContent = `${mix.value} %`;
    byId("note").textContent = noteOf(info, stage, full);
  };
  state.on(show);
  stage.map.on("zoomend moveend", show);
  stage.addEventListener("changed", show);
  new ResizeObserver(() =>
    document.documentElement.style.setProperty("--dock-height", `${dock.offsetHeight}px`),
  ).observe(dock);
}

/** What is to be said of what is seen: of previews and of parts alone, since all else is what it seems. */
function noteOf(info, stage, full) {
  const shown = info.layers.filter((layer) => stage.slots.some((slot) => slot.id === layer.id));
  const part = shown.find((layer) => stage.isInPart(layer.id));
  if (part) {
    const filled = info.layers.some((layer) => layer.kind === "preview");
    return `Not all of this view is computed yet${filled ? ": the rest is a preview" : ""}.`;
  }
  return full ? "" : (shown.find((layer) => layer.kind === "preview")?.note ?? "");
}
