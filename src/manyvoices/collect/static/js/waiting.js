/* The page on which answers arrive and are rated: says politely how many are here, leaves alone
 * what has not changed, and lets the button tell what is missing.
 */

import { isAnswered } from "./slider.js";

const status = document.querySelector("[data-waiting-status]");
const form = document.querySelector("form[data-rate]");
const words = [...document.getElementById("rate-words").content.querySelectorAll("span")].map(
  (element) => element.textContent.trim(),
);

/* A live region that is itself replaced is not read out; this one stays and changes its words. */
function announce() {
  const text = document.querySelector("#waiting [data-announce]")?.textContent.trim() ?? "";
  if (status.textContent !== text) status.textContent = text;
}

const missing = () => [...form.querySelectorAll("[data-vas]")].filter((vas) => !isAnswered(vas));

function updateButton() {
  const button = form.querySelector("[data-rate-submit]");
  if (!button) return;
  button.dataset.ready ??= button.textContent.trim();
  const open = missing().length;
  const text = open ? words[open - 1] : button.dataset.ready;
  if (button.textContent.trim() !== text) button.textContent = text;
  button.classList.toggle("unready", open > 0);
}

/* An answer that says nothing new must not touch the page: somebody may be reading there. One that
 * is another page altogether (the turn was rated in another window) belongs in the window itself.
 */
function beforeSwap(event) {
  if (event.detail.target?.id !== "waiting" || event.detail.xhr.status !== 200) return;
  const current = document.getElementById("waiting").dataset.state;
  const reply = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
  const next = reply.getElementById("waiting")?.dataset.state;
  online();
  if (next === current) event.detail.shouldSwap = false;
  if (next === undefined) {
    event.detail.shouldSwap = false;
    window.location.reload();
  }
}

function offline() {
  const element = document.getElementById("waiting");
  if (!element?.dataset.offline || element.querySelector("[data-offline-note]")) return;
  const note = document.createElement("p");
  note.className = "trouble";
  note.dataset.offlineNote = "";
  note.textContent = element.dataset.offline;
  element.append(note);
  status.textContent = element.dataset.offline;
}

function online() {
  document.querySelector("[data-offline-note]")?.remove();
}

document.addEventListener("htmx:beforeSwap", beforeSwap);
document.addEventListener("htmx:sendError", offline);
document.addEventListener("htmx:responseError", offline);
document.addEventListener("htmx:afterSettle", () => {
  announce();
  updateButton();
});

for (const type of ["input", "change"]) form.addEventListener(type, updateButton);
document.addEventListener("mv:restore", () => queueMicrotask(updateButton));

// Capturing, so that it comes before the form counts as sent.
form.addEventListener(
  "submit",
  (event) => {
    // Whoever finds every answer bad need not rate them first.
    if (event.submitter?.dataset.allBad !== undefined) return;
    const [first] = missing();
    if (!form.querySelector("[data-rate-submit]") || first) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    if (!first) return;
    const range = first.querySelector('input[type="range"]');
    first.scrollIntoView({ block: "center" });
    range.focus({ preventScroll: true });
  },
  { capture: true },
);

updateButton();
