// Small ways to find, make and fill elements.

export const byId = (id) => document.getElementById(id);

/** An element with properties (class, text, hidden, dataset … or attributes) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else if (name === "text") element.textContent = value;
    else if (name === "onclick") element.addEventListener("click", value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Seconds as 00:00. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
}

/** An ISO time as 14:03:07 in this browser's time zone. */
export function hour(iso) {
  return new Date(iso).toLocaleTimeString("pt-BR");
}

/** +5567999990001 as (67) 99999-0001; other numbers as they are. */
export function phone(number) {
  const found = /^\+55(\d{2})(\d{4,5})(\d{4})$/.exec(number ?? "");
  return found ? `(${found[1]}) ${found[2]}-${found[3]}` : String(number ?? "");
}
