// Who calls, from which number, and the paper with the person's numbers.

import { byId, make, phone } from "./dom.js";

const OWN = "own";
const ALONE = [
  { id: "unknown", label: "Número desconhecido", number: "+5567999990098" },
  { id: "withheld", label: "Número oculto", number: null },
];
const PAPER = [["cpf", "CPF"], ["matricula", "Matrícula"], ["pin", "PIN"]];

export class People {
  /** type(digits) presses them; copied(label) tells that they are on the clipboard. */
  constructor({ people, callers }, { type, copied }) {
    this._people = people;
    this._callers = callers.length ? callers : ALONE;
    this._deeds = { type, copied };
    this._select = byId("pessoa");
    this._live = false;
    this._fill();
  }

  /** The number to call from; "withheld" for none. */
  get number() {
    const chosen = document.querySelector("input[name=de]:checked").value;
    if (chosen === OWN) return this.person.mobile;
    return this._callers.find((caller) => caller.id === chosen).number ?? "withheld";
  }

  get person() {
    return this._people.find((person) => person.key === this._select.value) ?? null;
  }

  name(number) {
    return this._people.find((person) => number && person.mobile === number)?.name;
  }

  /** During a call the numbers of the paper can be typed, and the caller is fixed. */
  live(live) {
    this._live = live;
    byId("quem-liga").disabled = live;
    this._paper();
    if (!live) this._own();
  }

  _fill() {
    const cards = this._callers.map((caller) =>
      card(caller.id, caller.label, caller.number === null ? "sem número" : phone(caller.number)));
    if (this._people.length) cards.push(card(OWN, "Celular da pessoa escolhida", ""));
    byId("cartoes").replaceChildren(...cards);
    byId("cartoes").addEventListener("change", () => this._callerChosen());
    this._select.replaceChildren(...this._people.map((person) =>
      make("option", { value: person.key, text: person.name })));
    this._select.parentElement.hidden = !this._people.length;
    this._select.addEventListener("change", () => this._personChosen());
    byId("cartoes").querySelector("input").checked = true;
    this._callerChosen();
  }

  _callerChosen() {
    const owner = this._people.find((person) => person.mobile === this.number);
    if (owner) this._select.value = owner.key;
    this._describe();
  }

  _personChosen() {
    const current = document.querySelector("input[name=de]:checked");
    const usual = this._callers.find((caller) => caller.id === current.value);
    const belongs = !usual || this._people.some((person) => person.mobile === usual.number);
    if (belongs && !this._live) {
      const mobile = this.person.mobile;
      const preset = mobile && this._callers.find((caller) => caller.number === mobile);
      const stranger = this._callers.find((caller) => !this.name(caller.number));
      const choice = preset?.id ?? (mobile ? OWN : (stranger ?? this._callers[0]).id);
      document.querySelector(`input[name=de][value="${CSS.escape(choice)}"]`).checked = true;
    }
    this._describe();
  }

  _describe() {
    byId("pessoa-nota").textContent = this.person?.note ?? "";
    this._own();
    this._paper();
  }

  _own() {
    const own = document.querySelector(`input[name=de][value=${OWN}]`);
    if (!own) return;
    own.closest(".card").hidden = this._callers.some((caller) => caller.number === this.person?.mobile);
    own.disabled = !this.person?.mobile;
    own.parentElement.querySelector("small").textContent =
      this.person?.mobile ? phone(this.person.mobile) : "não tem celular";
  }

  _paper() {
    const paper = byId("papel");
    paper.hidden = !this.person;
    if (!this.person) return;
    paper.replaceChildren(...PAPER.map(([key, label]) => this._row(label, this.person[key])));
  }

  _row(label, value) {
    const row = make("li", {}, make("strong", { text: label }), make("span", { text: value ?? "não tem" }));
    if (!value) return row;
    const copy = async () => {
      await navigator.clipboard.writeText(value);
      this._deeds.copied(label);
    };
    const copying = make("button", { type: "button", title: `Copiar ${label}`, onclick: copy }, icon());
    const typing = make("button", {
      type: "button", text: "Teclar", disabled: !this._live,
      onclick: () => this._deeds.type(value),
    });
    copying.setAttribute("aria-label", `Copiar ${label}`);
    typing.setAttribute("aria-label", `Teclar ${label}`);
    row.append(typing, copying);
    return row;
  }
}

function icon() {
  return byId("desenho-copiar").content.firstElementChild.cloneNode(true);
}

function card(id, label, below) {
  return make("label", { class: "card" },
    make("input", { type: "radio", name: "de", value: id }),
    make("span", {}, label, make("small", { text: below })));
}
