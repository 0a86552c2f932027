/* Beside a text that is being written: how many words it has, and how it came to be. The latter is
 * stored for people to look at and never acted upon; pasting is no offence.
 */

const IDLE_MS = 30000; // Whoever neither types nor moves for so long is doing something else.

function countWords(line) {
  const field = document.getElementById(line.dataset.wordsFor);
  const update = () => {
    const n = field.value.trim() ? field.value.trim().split(/\s+/u).length : 0;
    const words = n === 1 ? line.dataset.one : line.dataset.many;
    line.textContent = words.replace("{n}", n.toLocaleString(document.documentElement.lang));
  };
  field.addEventListener("input", update);
  field.form?.addEventListener("mv:restore", () => queueMicrotask(update));
  update();
}

function readTold(field) {
  try {
    const told = JSON.parse(field.value);
    return told && typeof told === "object" ? told : {};
  } catch {
    return {};
  }
}

function gatherEvidence(form) {
  const field = form.querySelector("[data-evidence]");
  const text = form.elements.text;
  const told = { seconds: 0, typed: 0, pasted: 0, pastes: 0, ...readTold(field) };
  let length = text.value.length;
  let last = performance.now();

  const write = () => (field.value = JSON.stringify(told));
  const tick = () => {
    const now = performance.now();
    if (now - last <= IDLE_MS) told.seconds = Math.round((told.seconds + (now - last) / 1000) * 10) / 10;
    last = now;
    write();
  };

  text.addEventListener("input", (event) => {
    const grown = Math.max(0, text.value.length - length);
    length = text.value.length;
    const pasted = ["insertFromPaste", "insertFromDrop", "insertFromYank"].includes(event.inputType);
    if (pasted) {
      told.pasted += event.data?.length || grown;
      told.pastes += 1;
    } else told.typed += grown;
    tick();
  });
  for (const type of ["keydown", "pointermove", "scroll"]) {
    document.addEventListener(type, tick, { passive: true });
  }
  form.addEventListener("mv:restore", () => queueMicrotask(() => (length = text.value.length)));
  form.addEventListener("submit", tick, { capture: true });
}

document.querySelectorAll("[data-words-for]").forEach(countWords);
document.querySelectorAll("form[data-writing]").forEach(gatherEvidence);
