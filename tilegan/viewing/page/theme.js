// Chooses light or dark before anything is drawn: what was chosen here before, or else what the system prefers.
// A classic script, since modules run only after the first paint.
(function () {
  "use strict";
  let chosen = null;
  try {
    chosen = localStorage.getItem("tilegan-theme");
  } catch {
    // storage is forbidden: the system's preference it is
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
