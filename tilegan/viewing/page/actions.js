// All that buttons and keys do, by name.

import { fullZoom } from "./geometry.js";
import { panner } from "./motion.js";
import { save } from "./snapshot.js";
import { say } from "./toast.js";

function dark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function turnTheme() {
  const theme = dark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("tilegan-theme", theme);
  } catch {
    // storage is forbidden: it holds until the page is left
  }
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    say("Link copied");
  } catch {
    say("The address of this page is the link");
  }
}

async function turnFullscreen() {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  } catch {
    say("The browser does not allow full screen here");
  }
}

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog.open) dialog.showModal();
}

async function saveView(info, stage) {
  try {
    await save(stage, info.title);
    say("View saved");
  } catch {
    say("The view cannot be saved: it is too large for this browser");
  }
}

export function makeActions(info, state, stage, readout) {
  const pan = panner(stage.map, info);
  const ids = info.layers.map((layer) => layer.id);
  const mode = (name) => state.set({ mode: state.mode === name ? "single" : name });
  return {
    in: () => stage.zoomer.by(1),
    out: () => stage.zoomer.by(-1),
    fit: () => stage.fit(),
    full: () => stage.zoomer.to(fullZoom(info)),
    left: (far) => pan(-far, 0),
    right: (far) => pan(far, 0),
    up: (far) => pan(0, -far),
    down: (far) => pan(0, far),
    single: () => state.set({ mode: "single" }),
    swipe: () => mode("swipe"),
    side: () => mode("side"),
    blend: () => mode("blend"),
    next: () => state.set({ layer: ids[(ids.indexOf(state.layer) + 1) % ids.length] }),
    exchange: () => state.other !== null && state.set({ layer: state.other, other: state.layer }),
    grid: () => info.grid && state.set({ grid: !state.grid }),
    read: () => readout.readMiddle(stage.map),
    link: copyLink,
    save: () => saveView(info, stage),
    theme: turnTheme,
    fullscreen: turnFullscreen,
    about: () => openDialog("about-dialog"),
    help: () => openDialog("help-dialog"),
  };
}

/** Lets buttons with `data-do` do what they name, and the menu of small screens open and close. */
export function bindButtons(actions) {
  const more = document.getElementById("more");
  const tools = document.getElementById("tools");
  const open = (value) => {
    tools.classList.toggle("open", value);
    more.setAttribute("aria-expanded", value);
  };
  more.addEventListener("click", () => open(!tools.classList.contains("open")));
  document.addEventListener("pointerdown", (event) => {
    if (!tools.contains(event.target) && !more.contains(event.target)) open(false);
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && open(false));
  for (const button of document.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => {
      open(false);
      actions[button.dataset.do]();
    });
  }
  const full = document.querySelector("[data-do=fullscreen]");
  full.hidden = !document.fullscreenEnabled;
  document.addEventListener("fullscreenchange", () =>
    full.setAttribute("aria-pressed", document.fullscreenElement !== null),
  );
}
