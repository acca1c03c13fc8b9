// The timeline: zoom, lanes, clock or offset, search, j and k, the link of an instant.
const svg = document.querySelector("[data-tl]");
const scroll = document.querySelector("[data-tl-scroll]");
const list = document.querySelector("[data-steps]");
const steps = [...list.children];
const told = document.querySelector("[data-said-to-all]");
const keys = document.querySelector("[data-tools] [data-keys]");
const ZOOMS = [1, 2, 4, 8, 16, 32];
let zoom = 0;
let chosen = 0;

document.querySelector("[data-tools]").hidden = false;

function setZoom(next) {
  zoom = Math.min(ZOOMS.length - 1, Math.max(0, next));
  const middle = (scroll.scrollLeft + scroll.clientWidth / 2) / scroll.scrollWidth;
  document.querySelector(".tl-body").style.width = `${ZOOMS[zoom] * 100}%`;
  document.querySelector("[data-zoom-now]").textContent = `${ZOOMS[zoom] * 100}%`;
  scroll.scrollLeft = middle * scroll.scrollWidth - scroll.clientWidth / 2;
}

for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => setZoom(zoom + Number(button.dataset.zoom)));
}

for (const box of document.querySelectorAll("[data-lane]")) {
  box.addEventListener("change", show);
}

const clock = document.querySelector("[data-clock]");
clock.addEventListener("change", () => list.classList.toggle("clock", clock.checked));

const find = document.querySelector("[data-find]");
find.addEventListener("input", show);

function show() {
  const off = new Set(
    [...document.querySelectorAll("[data-lane]")]
      .filter((box) => !box.checked)
      .map((box) => box.dataset.lane),
  );
  const wanted = find.value.trim().toLocaleLowerCase("pt-BR");
  let left = 0;
  for (const item of steps) {
    const fits = !wanted || item.textContent.toLocaleLowerCase("pt-BR").includes(wanted);
    item.hidden = off.has(item.dataset.laneOf) || !fits;
    left += item.hidden ? 0 : 1;
  }
  for (const group of svg.querySelectorAll("[data-lane-of]")) {
    group.toggleAttribute("hidden", off.has(group.dataset.laneOf));
    group.setAttribute("visibility", off.has(group.dataset.laneOf) ? "hidden" : "visible");
  }
  told.textContent = `${left} passos à vista`;
}

function choose(number, { focus }) {
  svg.querySelector(".bar-chosen")?.classList.remove("bar-chosen");
  chosen = number;
  const bar = svg.querySelector(`[data-bar="${number}"]`);
  bar?.classList.add("bar-chosen");
  bar?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focus) {
    document.getElementById(`s${number}`)?.focus();
  }
}

function move(by) {
  let at = chosen + by;
  while (at >= 1 && at <= steps.length && steps[at - 1].hidden) {
    at += by;
  }
  if (at >= 1 && at <= steps.length) {
    choose(at, { focus: true });
  }
}

document.addEventListener("keydown", (event) => {
  const at = event.target;
  const typing = at instanceof Element && at.closest("input:not([type=checkbox]), select, textarea");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || !keys.checked) {
    return;
  }
  const deeds = {
    j: () => move(1),
    k: () => move(-1),
    "+": () => setZoom(zoom + 1),
    "=": () => setZoom(zoom + 1),
    "-": () => setZoom(zoom - 1),
  };
  if (event.key in deeds) {
    deeds[event.key]();
    event.preventDefault();
  }
});

for (const link of document.querySelectorAll("[data-copy]")) {
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    window.history.replaceState(null, "", link.hash);
    try {
      await navigator.clipboard.writeText(link.href);
      told.textContent = "Link copiado";
      link.firstChild.textContent = "copiado";
    } catch {
      told.textContent = "O link está na barra de endereço";
    }
    choose(Number(link.hash.slice(2)), { focus: false });
  });
}

if (/^#s[0-9]+$/.test(window.location.hash)) {
  choose(Number(window.location.hash.slice(2)), { focus: true });
}
