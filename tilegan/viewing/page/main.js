// Starts the page: asks what is to be shown, and puts its parts together.

import { writeAbout } from "./about.js";
import { bindButtons, makeActions } from "./actions.js";
import { makeDock } from "./dock.js";
import { makeGrid } from "./grid.js";
import { bindKeys, writeHelp } from "./keyboard.js";
import { keepPermalink } from "./permalink.js";
import { Readout } from "./readout.js";
import { Stage } from "./stage.js";
import { State } from "./state.js";
import { watchStatus } from "./status.js";
import { say } from "./toast.js";
import { makeZoomBar } from "./zoombar.js";

async function start() {
  const response = await fetch("info.json");
  if (!response.ok) throw new Error(`info.json: ${response.status}`);
  const info = await response.json();
  writeAbout(info);
  writeHelp();
  const state = new State(info);
  const stage = new Stage(info, state);
  stage.addEventListener("missing", () => say("Some tiles could not be loaded"));
  const readout = new Readout(info, state, stage);
  makeGrid(info, state, stage);
  makeDock(info, state, stage);
  makeZoomBar(info, stage);
  keepPermalink(info, state, stage.map);
  const actions = makeActions(info, state, stage, readout);
  bindButtons(actions);
  bindKeys(actions, state);
  watchStatus(stage);
  document.documentElement.dataset.ready = "";
}

start().catch((error) => {
  const words = document.createElement("p");
  words.className = "fatal";
  words.textContent = "The image cannot be shown: the server does not answer.";
  document.body.append(words);
  throw error;
});
