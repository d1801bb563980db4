// Keys, and the page that tells them: both follow from one table.

/** Action, its keys, and what it does. Letters are the same with Shift. */
const KEYS = [
  ["left right up down", ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], "Move; with Shift, farther"],
  ["in", ["+", "="], "Zoom in"],
  ["out", ["-", "_"], "Zoom out"],
  ["fit", ["0"], "Whole image"],
  ["full", ["1"], "Full resolution: one pixel of the image is one of the screen"],
  ["next", ["l"], "Next layer"],
  ["peek", [" "], "While held: the other layer"],
  ["exchange", ["x"], "Exchange before and after"],
  ["single", ["n"], "One layer"],
  ["swipe", ["s"], "Swipe"],
  ["side", ["b"], "Side by side"],
  ["blend", ["o"], "Opacity"],
  ["grid", ["g"], "Windows and shards"],
  ["read", ["r"], "Read the pixel in the middle"],
  ["link", ["c"], "Copy a link to this view"],
  ["save", ["p"], "Save this view as PNG"],
  ["theme", ["t"], "Light or dark"],
  ["fullscreen", ["f"], "Full screen"],
  ["about", ["i"], "About this image"],
  ["help", ["?"], "This page"],
];

const SHOWN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space", "-": "−" };
const HIDDEN = new Set(["=", "_"]); // the same keys on other keyboards

const busy = (target) =>
  target.closest?.("dialog[open], select, textarea, input") !== null && target.closest !== undefined;

/** Whether a key belongs to what has the focus: space presses buttons. */
const taken = (event) => busy(event.target) || (event.key === " " && event.target.closest?.("button"));

export function bindKeys(actions, state) {
  const byKey = new Map();
  for (const [names, keys] of KEYS) {
    const words = names.split(" ");
    keys.forEach((key, index) => byKey.set(key, words[Math.min(index, words.length - 1)]));
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || taken(event)) return;
    const name = byKey.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (!name) return;
    event.preventDefault();
    if (name === "peek") state.set({ peek: state.other !== null });
    else actions[name](event.shiftKey ? 3 : 1);
  });
  const end = () => state.set({ peek: false });
  document.addEventListener("keyup", (event) => event.key === " " && end());
  addEventListener("blur", end);
}

export function writeHelp() {
  document.getElementById("keys").replaceChildren(
    ...KEYS.flatMap(([, keys, text]) => {
      const term = document.createElement("dt");
      for (const key of keys.filter((each) => !HIDDEN.has(each))) {
        const cap = document.createElement("kbd");
        cap.textContent = SHOWN[key] ?? key.toUpperCase();
        term.append(cap, " ");
      }
      const meaning = document.createElement("dd");
      meaning.textContent = text;
      return [term, meaning];
    }),
  );
}
