// The supervisor's board.

import { hold } from "./board-fresh.js";

const button = document.getElementById("congelar");
button.hidden = false;
button.addEventListener("click", () => {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? "Descongelar as listas" : "Congelar as listas";
  hold(on);
});
