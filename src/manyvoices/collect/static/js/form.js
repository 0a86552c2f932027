/* What every form has: sent once however often the button is pressed, the focus on what is still
 * needed, a quiet counter near the end of the room.
 */

/* One press is enough. The server stores a form once in any case. */
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (form.dataset.sent !== undefined) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "";
    buttonsOf(form).forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
}

const buttonsOf = (form) => [...form.elements].filter((element) => element.type === "submit");

/* Back from the next page, or from a connection that failed: the form can be sent again. */
function ready(form) {
  delete form.dataset.sent;
  buttonsOf(form).forEach((button) => button.removeAttribute("aria-disabled"));
}

/* Sending one form must not silently drop what is typed into another. */
function askBeforeDropping(form) {
  form.addEventListener("submit", (event) => {
    const field = document.getElementById(form.dataset.unsent);
    if (field?.value.trim() && !window.confirm(form.dataset.unsentQuestion)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      field.focus();
    }
  });
}

function focusErrors(summary) {
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    (field.closest(".question, .slot, .vas") ?? field).scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  });
}

function count(line) {
  const field = document.getElementById(line.dataset.counterFor);
  const limit = Number(field?.dataset.maxLength);
  if (!limit) return;
  const form = field.form;
  const update = () => {
    const left = limit - field.value.length;
    const near = left <= Math.max(20, limit * 0.1);
    const words = (left < 0 ? line.dataset.over : line.dataset.left).replace(
      "{n}",
      Math.abs(left).toLocaleString(document.documentElement.lang),
    );
    line.textContent = near ? words : "";
    line.classList.toggle("over", left < 0);
  };
  field.addEventListener("input", update);
  form?.addEventListener("mv:restore", () => queueMicrotask(update));
  update();
}

// Before sendOnce, so that a form that stays here is not marked as sent.
document.querySelectorAll("form[data-unsent]").forEach(askBeforeDropping);
document.querySelectorAll("form[data-once]").forEach(sendOnce);
document.querySelectorAll("[data-error-summary]").forEach(focusErrors);
document.querySelectorAll("[data-counter-for]").forEach(count);
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-once]").forEach(ready));
