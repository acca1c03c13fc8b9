// Show or hide what is typed, count it, and say whether both fields agree. Nothing leaves the page.
const form = document.querySelector("[data-password-form]");

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

function start() {
  const password = form.querySelector("#password");
  const again = form.querySelector("#again");
  const show = form.querySelector("[data-show]");
  const length = form.querySelector("[data-live=length]");
  const match = form.querySelector("[data-live=match]");
  const status = form.querySelector("[data-live=status]");
  const submit = form.querySelector("[type=submit]");
  const word = submit.textContent;
  let timer;

  function hints() {
    const n = [...password.value.normalize("NFC")].length;
    const min = Number(length.dataset.min);
    const { short, enough } = length.dataset;
    length.textContent = n === 0 ? "" : fill(n < min ? short : enough, { n, min });
    const { same, different } = match.dataset;
    match.textContent =
      again.value === "" ? "" : password.value === again.value ? same : different;
    clearTimeout(timer);
    timer = setTimeout(() => {
      status.textContent =
        document.activeElement === again ? match.textContent : length.textContent;
    }, 1000);
  }

  function visible(on) {
    password.type = again.type = on ? "text" : "password";
    show.textContent = on ? show.dataset.wordHide : show.dataset.wordShow;
  }

  function reset() {
    visible(false);
    submit.disabled = false;
    submit.textContent = word;
  }

  show.hidden = false;
  show.addEventListener("click", () => visible(password.type === "password"));
  password.addEventListener("input", hints);
  again.addEventListener("input", hints);
  form.addEventListener("submit", () => {
    visible(false);
    submit.disabled = true;
    submit.textContent = submit.dataset.wordSending;
  });
  addEventListener("pageshow", reset);
  document.getElementById("resumo")?.focus();
}

if (form) start();
