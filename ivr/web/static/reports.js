// Draws each chart of a report from the table below it: the table is the only source of numbers.

/* global Chart */

const SHARE = ["#1351b4", "#168821", "#b50909", "#c2850c", "#6b4fbb", "#00707a", "#888888", "#555555"];
const MARKS = ["circle", "rect", "triangle", "rectRot", "star", "cross", "crossRot", "dash"];
const number = new Intl.NumberFormat("pt-BR", { maximumFractionDigits: 1 });

function text(element) {
  const clone = element.cloneNode(true);
  clone.querySelectorAll(".visually-hidden").forEach((hidden) => hidden.remove());
  return clone.textContent.trim();
}

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function series(table, columns, kind) {
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells];
  return {
    labels: rows.map((row) => text(row.cells[0])),
    datasets: columns.map((column, number_) => ({
      label: text(heads[column + 1]),
      data: rows.map((row) => {
        const value = row.cells[column + 1].dataset.v;
        return value === undefined ? null : Number(value);
      }),
      backgroundColor: SHARE[number_ % SHARE.length],
      borderColor: SHARE[number_ % SHARE.length],
      pointStyle: MARKS[number_ % MARKS.length],
      pointRadius: kind === "line" ? 4 : 0,
      spanGaps: false,
    })),
  };
}

function draw(holder) {
  const kind = holder.dataset.grafico;
  const table = document.getElementById(holder.dataset.tabela);
  const data = series(table, holder.dataset.colunas.split(",").map(Number), kind);
  const stacked = kind === "stacked";
  const grid = { color: token("--color-border-quiet") };
  const ticks = { color: token("--color-text") };
  new Chart(holder.querySelector("canvas"), {
    type: kind === "line" ? "line" : "bar",
    data,
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      scales: {
        x: { stacked, grid, ticks },
        y: { stacked, grid, beginAtZero: true, ticks: { ...ticks, callback: (v) => number.format(v) } },
      },
      plugins: {
        legend: { display: data.datasets.length > 1, labels: { usePointStyle: true, color: token("--color-text") } },
        tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${number.format(item.raw)}` } },
      },
    },
  });
}

for (const holder of document.querySelectorAll("[data-grafico]")) {
  if (typeof Chart === "undefined") {
    holder.hidden = true; // without the library the tables say everything
  } else {
    draw(holder);
  }
}
