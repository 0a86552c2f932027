/* The visual analogue scale: no number, no default. A slider has no value until somebody puts
 * the mark somewhere, by pointer, touch or key; until then its control has no name, so that the
 * form sends nothing for it. parts/slider.html writes the markup, people/templatetags/scales.py
 * the words.
 *
 * The track takes pointers itself and leaves the range control to keys and screen readers: a
 * browser's own range jumps as soon as a finger touches it, also when the finger only wants to
 * scroll the page.
 */

const KEYS_MIDDLE = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Enter", " "];
const TAP_PX = 10; // A finger that moved less than this has tapped.
const DRAG_PX = 6; // A finger that moved this far sideways is putting the mark.
const GRAB_PX = 16; // A mark this near is taken hold of rather than moved to the pointer.

const page = document.getElementById("vas-words");
const WORDS = page ? JSON.parse(page.dataset.words) : [];

const parts = (vas) => ({
  range: vas.querySelector('input[type="range"]'),
  na: vas.querySelector("[data-vas-na]"),
  clear: vas.querySelector("[data-vas-clear]"),
});

export const isTouched = (vas) => vas.hasAttribute("data-touched");
export const isAnswered = (vas) => isTouched(vas) || Boolean(parts(vas).na?.checked);

const limits = (range) => [Number(range.min), Number(range.max)];
const middle = (range) => Math.round((Number(range.min) + Number(range.max)) / 2);

/* As `level` in scales.py. */
function level(share) {
  if (share <= 0) return 0;
  if (share >= 1) return 8;
  if (Math.abs(share - 0.5) <= 0.03) return 4;
  return [1, 2, 3, 5, 6, 7][[0.18, 0.36, 0.5, 0.64, 0.82].filter((border) => share > border).length];
}

function inWords(vas) {
  const { range, na } = parts(vas);
  if (na?.checked) return page.dataset.na;
  if (!isTouched(vas)) return page.dataset.untouched;
  const [low, high] = limits(range);
  return WORDS[level((Number(range.value) - low) / (high - low))]
    .replaceAll("{low}", vas.dataset.low)
    .replaceAll("{high}", vas.dataset.high);
}

/* Bring name, classes and words in line with the slider's state. */
function show(vas) {
  const { range, na } = parts(vas);
  const touched = isTouched(vas);
  vas.classList.toggle("untouched", !touched);
  vas.classList.toggle("is-na", Boolean(na?.checked));
  range.disabled = Boolean(na?.checked);
  if (touched) range.name = range.dataset.name;
  else range.removeAttribute("name");
  range.setAttribute("aria-valuetext", inWords(vas));
}

function tell(vas) {
  const { range } = parts(vas);
  range.dispatchEvent(new Event("input", { bubbles: true }));
  range.dispatchEvent(new Event("change", { bubbles: true }));
}

function put(vas, value) {
  parts(vas).range.value = String(value);
  vas.setAttribute("data-touched", "");
  show(vas);
  tell(vas);
}

function clear(vas) {
  const { range } = parts(vas);
  vas.removeAttribute("data-touched");
  range.value = String(middle(range));
  show(vas);
  range.dispatchEvent(new Event("change", { bubbles: true }));
}

/* The value under a pointer. The mark's centre runs from half its width to half its width. */
function valueAt(range, x) {
  const box = range.getBoundingClientRect();
  const half = parseFloat(getComputedStyle(range).getPropertyValue("--mark")) / 2 || 12;
  let share = (x - box.left - half) / (box.width - 2 * half);
  if (getComputedStyle(range).direction === "rtl") share = 1 - share;
  const [low, high] = limits(range);
  return Math.round(low + Math.min(1, Math.max(0, share)) * (high - low));
}

function markAt(range) {
  const box = range.getBoundingClientRect();
  const half = parseFloat(getComputedStyle(range).getPropertyValue("--mark")) / 2 || 12;
  const [low, high] = limits(range);
  let share = (Number(range.value) - low) / (high - low);
  if (getComputedStyle(range).direction === "rtl") share = 1 - share;
  return box.left + half + share * (box.width - 2 * half);
}

function followPointer(vas, track) {
  const { range } = parts(vas);
  let start = null;

  track.addEventListener("pointerdown", (event) => {
    if (range.disabled || !event.isPrimary || event.button !== 0) return;
    const onMark = isTouched(vas) && Math.abs(event.clientX - markAt(range)) <= GRAB_PX;
    start = {
      x: event.clientX,
      y: event.clientY,
      offset: onMark ? event.clientX - markAt(range) : 0,
      before: isTouched(vas) ? Number(range.value) : null,
      dragging: event.pointerType !== "touch",
    };
    if (!start.dragging) return;
    event.preventDefault(); // No text selection while dragging.
    track.setPointerCapture(event.pointerId);
    range.focus({ preventScroll: true });
    if (!onMark) put(vas, valueAt(range, event.clientX));
  });

  track.addEventListener("pointermove", (event) => {
    if (!start || !event.isPrimary) return;
    const [dx, dy] = [Math.abs(event.clientX - start.x), Math.abs(event.clientY - start.y)];
    if (!start.dragging && dx >= DRAG_PX && dx > dy) {
      start.dragging = true;
      track.setPointerCapture(event.pointerId);
    }
    if (start.dragging) {
      const value = valueAt(range, event.clientX - start.offset);
      if (!isTouched(vas) || value !== Number(range.value)) put(vas, value);
    }
  });

  track.addEventListener("pointerup", (event) => {
    if (!start || !event.isPrimary) return;
    const far = Math.hypot(event.clientX - start.x, event.clientY - start.y);
    if (!start.dragging && far < TAP_PX) put(vas, valueAt(range, event.clientX - start.offset));
    start = null;
  });

  // The browser has taken the finger for scrolling: nothing was rated.
  track.addEventListener("pointercancel", () => {
    if (start?.dragging && start.before !== null) put(vas, start.before);
    else if (start?.dragging) clear(vas);
    start = null;
  });
}

function followKeys(vas) {
  const { range } = parts(vas);
  range.addEventListener("keydown", (event) => {
    if (isTouched(vas) || event.altKey || event.ctrlKey || event.metaKey) return;
    const [low, high] = limits(range);
    if (KEYS_MIDDLE.includes(event.key)) put(vas, middle(range));
    else if (event.key === "Home") put(vas, low);
    else if (event.key === "End") put(vas, high);
    else return;
    event.preventDefault();
  });
  // Keys on a slider that has a value, and screen readers' own gestures.
  range.addEventListener("input", () => {
    vas.setAttribute("data-touched", "");
    show(vas);
  });
}

function start(vas) {
  if (vas.hasAttribute("data-ready")) return;
  vas.setAttribute("data-ready", "");
  // Parsed by a script, the content of <noscript> would be a second control of the same name.
  vas.querySelectorAll("noscript").forEach((element) => element.remove());
  const { range, na, clear: button } = parts(vas);
  if (!isTouched(vas)) range.value = String(middle(range));
  followPointer(vas, vas.querySelector("[data-vas-track]"));
  followKeys(vas);
  na?.addEventListener("change", () => show(vas));
  button.addEventListener("click", () => {
    clear(vas);
    range.focus();
  });
  show(vas);
}

/* Fill sliders from saved fields: name -> values. */
function restore(root, fields) {
  root.querySelectorAll("[data-vas]").forEach((vas) => {
    const { range, na } = parts(vas);
    const value = fields[range.dataset.name]?.at(-1);
    if (na) na.checked = Boolean(fields[na.name]?.length);
    vas.toggleAttribute("data-touched", value !== undefined);
    range.value = value ?? String(middle(range));
    show(vas);
  });
}

function startAll(root) {
  if (root.matches?.("[data-vas]")) start(root);
  root.querySelectorAll("[data-vas]").forEach(start);
}

startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.target));
document.addEventListener("mv:restore", (event) => restore(event.target, event.detail));
