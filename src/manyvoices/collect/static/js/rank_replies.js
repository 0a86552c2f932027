/* Replies put in order by handle, buttons or keys. The lists of places stay: they are what is sent,
 * and all there is without JavaScript. What can be done to an order is in rank_order.js; dragging
 * in rank_drag.js.
 */

import { dragging } from "./rank_drag.js";
import { drop, find, flat, fromPlaces, move, places, put, toggleOut, toggleTie } from "./rank_order.js";

const list = document.querySelector("[data-rank]");
const form = list.closest("form");
const words = { ...list.dataset, places: JSON.parse(list.dataset.places) };
const status = form.querySelector("[data-rank-status]");
const summary = form.querySelector("[data-rank-summary]");
const question = form.querySelector("[data-asked-back]");
const moved = form.elements.moved;
const shown = [...list.querySelectorAll("[data-reply]")];
const cardOf = new Map(shown.map((card) => [card.dataset.reply, card]));
const letter = (id) => cardOf.get(id).dataset.letter;
const selectOf = (id) => cardOf.get(id).querySelector("[data-rank-number] select");
const isMoved = () => moved.value === "1";

let order;

const fill = (text, values) => text.replace(/{(\w+)}/g, (whole, key) => values[key] ?? whole);

function listed(letters) {
  if (!Intl.ListFormat) return letters.join(", ");
  return new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" }).format(letters);
}

const othersOf = (id) => {
  const { group } = find(order, id);
  return group < 0 ? [] : order.groups[group].filter((other) => other !== id);
};

/* Where a reply stands, in words; nothing as long as nobody has put anything in order. */
function placeWords(id, alone, tied) {
  const { group } = find(order, id);
  const others = listed(othersOf(id).map(letter));
  const values = { name: cardOf.get(id).dataset.name, place: words.places[group], others };
  return fill(others ? tied : alone, values);
}

function say(id) {
  const isOut = order.out.includes(id);
  status.textContent = isOut
    ? fill(words.saidOut, { name: cardOf.get(id).dataset.name })
    : placeWords(id, words.saidNow, words.saidTied);
}

function sayOrder() {
  const said = [];
  if (isMoved() && order.groups.length) {
    const groups = order.groups.map((ids) => (ids.length > 1 ? `(${ids.map(letter).join(" = ")})` : letter(ids[0])));
    said.push(fill(words.order, { order: groups.join(", ") }));
  }
  if (isMoved() && order.out.length) said.push(fill(words.left, { names: listed(order.out.map(letter)) }));
  summary.textContent = said.join(" ") || words.none;
  summary.hidden = false;
}

/* Bring a card's words and buttons in line with the order. */
function show(id, before) {
  const card = cardOf.get(id);
  const { group, index } = find(order, id);
  const isOut = group < 0;
  card.classList.toggle("is-out", isOut);
  card.classList.toggle("is-tied", index > 0);
  const place = card.querySelector("[data-rank-place]");
  if (isOut) place.textContent = words.atOut;
  else place.textContent = isMoved() ? placeWords(id, words.at, words.atTied) : "";
  const tie = card.querySelector("[data-rank-tie]");
  tie.classList.toggle("is-off", isOut || !before);
  tie.setAttribute("aria-pressed", String(index > 0));
  if (before) tie.querySelector("[data-text]").textContent = fill(words.equalTo, { letter: letter(before) });
  card.querySelector("[data-rank-out]").setAttribute("aria-pressed", String(isOut));
  const isAlone = !isOut && order.groups[group].length === 1;
  const [up, down] = card.querySelectorAll("[data-rank-move]");
  up.setAttribute("aria-disabled", String(isAlone && group === 0));
  down.setAttribute("aria-disabled", String(isOut || (isAlone && group === order.groups.length - 1)));
}

function arrange() {
  const ids = flat(order);
  if (ids.some((id, index) => list.children[index] !== cardOf.get(id))) {
    list.append(...ids.map((id) => cardOf.get(id)));
  }
  ids.forEach((id, index) => show(id, index > 0 ? ids[index - 1] : null));
  places(order).forEach((place, id) => (selectOf(id).value = place));
  sayOrder();
}

/* How far below the top of its card something stands, the head not being held at the window's. */
function depthIn(card, part) {
  const within = part.closest(".rank-head") ?? card;
  return part.getBoundingClientRect().top - within.getBoundingClientRect().top;
}

/* Somebody has done something: store it, say it, and leave what they pressed where it is. */
function change(next, id, pressed) {
  const before = pressed?.getBoundingClientRect().top;
  order = next;
  moved.value = "1";
  if (question) question.hidden = true;
  arrange();
  if (pressed) {
    pressed.focus({ preventScroll: true });
    const top = cardOf.get(id).getBoundingClientRect().top + depthIn(cardOf.get(id), pressed);
    scrollBy({ top: top - before, behavior: "instant" });
  }
  say(id);
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

/* From the places in the form: a draft's, or those that were sent before. None: as shown. */
function read() {
  const given = shown.map((card) => [card.dataset.reply, selectOf(card.dataset.reply).value]);
  const isFilled = given.some(([, place]) => place);
  if (moved.value === "" && isFilled) moved.value = "1";
  if (moved.value === "1") order = fromPlaces(given);
  else {
    moved.value = "0";
    order = { groups: given.map(([id]) => [id]), out: [] };
  }
  arrange();
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const id = button?.closest("[data-reply]").dataset.reply;
  if (!id) return;
  if (button.dataset.rankMove) change(move(order, id, Number(button.dataset.rankMove)), id, button);
  else if ("rankTie" in button.dataset) change(toggleTie(order, id), id, button);
  else if ("rankOut" in button.dataset) change(toggleOut(order, id), id, button);
});

list.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || !/^[0-9=]$/.test(event.key)) return;
  const id = event.target.closest("[data-reply]")?.dataset.reply;
  if (!id) return;
  if (event.key === "=" && "noTies" in words) return;
  if (event.key === "0" && "allPlaced" in words) return;
  event.preventDefault();
  if (event.key === "=") change(toggleTie(order, id), id, document.activeElement);
  else if (event.key === "0") change(toggleOut(order, id), id, document.activeElement);
  else change(put(order, id, Number(event.key)), id, document.activeElement);
});

/* An order that nobody made is asked back once. */
form.addEventListener("submit", (event) => {
  const asked = form.elements["asked-back"];
  if (isMoved() || asked.value || form.elements["all-bad"]?.checked) return;
  if (form.elements["cannot-judge"]?.checked) return;
  event.preventDefault();
  asked.value = "1";
  question.hidden = false;
  summary.hidden = true; // It would say the same.
  question.focus();
});

form.addEventListener("mv:restore", (event) => {
  const value = event.detail?.moved?.at(-1);
  queueMicrotask(() => {
    if (value !== undefined) moved.value = value;
    read();
  });
});

form.querySelectorAll("[data-rank-js]").forEach((part) => (part.hidden = false));
form.querySelectorAll("[data-rank-number]").forEach((part) => (part.hidden = true));
dragging(list, {
  chipText: (card) => card.dataset.name,
  onDrop: (card, target, isAfter) => {
    const id = card.dataset.reply;
    change(drop(order, id, target.dataset.reply, isAfter), id, null);
  },
});
read();
