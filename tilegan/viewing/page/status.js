// What is being computed, and whether the server still answers.

const BUSY = 700; // milliseconds between two questions
const IDLE = 5000;

function textOf(status, waiting) {
  const work = status.computing + status.waiting;
  if (work) {
    const done = status.shards ? ` · ${status.finished_shards} of ${status.shards} shards done` : "";
    return `Computing, ${work} to go${done}`;
  }
  return waiting ? "Loading" : "";
}

export function watchStatus(stage) {
  const chip = document.getElementById("status");
  let status = { computing: 0, waiting: 0, finished_shards: 0 };
  let asked = 0;
  let gone = false;
  let since = 0;

  const show = () => {
    const waiting = stage.slots.reduce((sum, slot) => sum + slot.waiting, 0);
    const text = gone ? "The server does not answer: is it still running?" : textOf(status, waiting);
    if (!text) since = 0;
    else since ||= performance.now();
    chip.hidden = !text || (!gone && performance.now() - since < 400); // what is there at once needs no word
    chip.classList.toggle("failed", gone);
    const words = chip.querySelector(".text");
    if (words.textContent !== text) words.textContent = text;
    return waiting;
  };

  const ask = async () => {
    try {
      const response = await fetch("status.json", { cache: "no-store" });
      if (response.ok) {
        const before = status.finished_shards;
        status = await response.json();
        if (before !== status.finished_shards) stage.slots.forEach((slot) => slot.refresh());
      }
      gone = false;
    } catch {
      gone = true;
    }
    asked = performance.now();
  };

  const turn = async () => {
    const waiting = show();
    const pause = waiting || status.computing || status.waiting ? BUSY : IDLE;
    if (!document.hidden && performance.now() - asked >= pause) await ask();
    setTimeout(turn, 200);
  };
  ask().then(turn);
}
