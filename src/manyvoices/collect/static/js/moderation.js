/* Keys of the five common decisions. A key only chooses and goes to the reason: nothing is decided
 * by a single stroke. Off while somebody types, and off altogether where they say so. */

const form = document.querySelector("[data-decide]");
const note = form?.querySelector("[data-keys]");
const box = note?.querySelector("input");
const KEPT = "moderation-keys";

function typing(target) {
  return target.closest("textarea, select, input:not([type=radio], [type=checkbox])") !== null;
}

function choose(event) {
  if (!box.checked || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const wanted = form.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!wanted) return;
  event.preventDefault();
  wanted.checked = true;
  form.querySelector("#reason").focus();
}

if (box) {
  note.hidden = false;
  box.checked = localStorage.getItem(KEPT) !== "off";
  box.addEventListener("change", () => localStorage.setItem(KEPT, box.checked ? "on" : "off"));
  document.addEventListener("keydown", choose);
}
document.querySelector(".error-summary")?.focus();
