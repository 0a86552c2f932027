/* A task stays in the hands of whoever is using its page: while they read, type or scroll, the
 * server is told now and then. Where the time ran out all the same, the page says so once; what is
 * written stays, and may be sent.
 */

const form = document.querySelector("form[data-keep]");
const note = document.querySelector("[data-task-gone]");
let used = true; // Opening the page is using it.
let gone = false;

for (const type of ["input", "keydown", "pointerdown", "scroll", "touchmove"]) {
  document.addEventListener(type, () => (used = true), { passive: true, capture: true });
}

async function keep() {
  if (!used || gone || document.visibilityState === "hidden") return;
  used = false;
  try {
    const response = await fetch(form.dataset.keep, {
      method: "POST",
      headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      credentials: "same-origin",
    });
    if (response.status === 409) {
      gone = true;
      if (note) note.hidden = false;
    } else if (!response.ok) used = true;
  } catch {
    used = true; // No connection: tried again at the next beat.
  }
}

if (form) {
  keep();
  setInterval(keep, 1000 * Number(form.dataset.keepEvery || 60));
}
