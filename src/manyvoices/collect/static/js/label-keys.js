/* Reviews by number keys: 1, 2, ... choose an answer of the question that has the focus, or of the
 * first open one, 0 is "cannot tell"; then the next question follows. Everything is there without
 * these keys as well.
 */

const form = document.querySelector("form[data-label-keys]");
const fields = [...form.querySelectorAll("[data-label-field]")];
const note = form.querySelector("[data-keys-note]");
if (note) note.hidden = false;

const radios = (field) => [...field.querySelectorAll("input[type=radio]")];
const isOpen = (field) => !radios(field).some((radio) => radio.checked);

function current() {
  const focused = document.activeElement?.closest("[data-label-field]");
  if (fields.length === 1) return fields[0]; // It may be changed by its keys, too.
  return focused ?? fields.find(isOpen) ?? null;
}

function goTo(field) {
  const target = radios(field).find((radio) => radio.checked) ?? radios(field)[0];
  target.focus({ preventScroll: true });
  field.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || !/^[0-9]$/.test(event.key)) return;
  if (document.activeElement?.matches("textarea, input[type=text], select")) return;
  const field = current();
  const chosen = field?.querySelector(`[data-digit="${event.key}"]`);
  if (!chosen) return;
  event.preventDefault();
  chosen.checked = true;
  chosen.dispatchEvent(new Event("change", { bubbles: true }));
  const next = fields[fields.indexOf(field) + 1];
  if (next) goTo(next);
  else form.querySelector("button.primary").focus();
});
