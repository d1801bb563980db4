// The controls of the layers: which are seen, how they are compared, and what each of them is.

import { atFullResolution } from "./tiles.js";

const byId = (id) => document.getElementById(id);

/** What is seen of a layer, in one word and the class of its badge. */
function kindOf(layer, full) {
  if (layer.kind === "source") return ["Source", "source"];
  return layer.kind === "preview" && !full ? ["Preview", "preview"] : ["Exact", "exact"];
}

export function makeDock(info, state, stage) {
  const dock = byId("dock");
  dock.classList.toggle("alone", info.layers.length < 2);
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
      const [text, name] = kindOf(layer, full);
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
    byId("note").textContent = noteOf(info, state, full);
  };
  state.on(show);
  stage.map.on("zoomend moveend", show);
  new ResizeObserver(() =>
    document.documentElement.style.setProperty("--dock-height", `${dock.offsetHeight}px`),
  ).observe(dock);
}

/** What is to be said of what is seen: of previews alone, since all else is what it seems. */
function noteOf(info, state, full) {
  const shown = state.mode === "single" ? [state.layer] : [state.other, state.layer];
  const layers = info.layers.filter((layer) => shown.includes(layer.id) && layer.kind === "preview" && layer.note);
  return full ? "" : layers.map((layer) => layer.note).join(" ");
}
