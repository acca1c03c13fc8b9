// The switch works by CSS alone; this keeps the choice for the next page.
const KEY = "contraste";
const box = document.getElementById("contraste");

function kept() {
  try {
    return localStorage.getItem(KEY) === "alto";
  } catch {
    return false;
  }
}

function keep(on) {
  try {
    localStorage.setItem(KEY, on ? "alto" : "");
  } catch {
    // Storage may be closed to pages; the switch still works on this one.
  }
}

if (box) {
  box.checked = kept();
  box.addEventListener("change", () => keep(box.checked));
}
