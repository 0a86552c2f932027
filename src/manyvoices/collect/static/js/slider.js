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
const RUN_MS = 1000; // Keys that follow each other sooner than this are one move.

const page = document.getElementById("vas-words");
const WORDS = page ? JSON.parse(page.dataset.words) : [];

const parts = (vas) => ({
  range: vas.querySelector('input[type="range"]'),
  na: vas.querySelector("[data-vas-na]"),
  clear: vas.querySelector("[data-vas-clear]"),
  field: vas.querySelector("[data-vas-trace]"),
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

/* How the mark came where it is: design/traces.py reads it. A slider left alone tells nothing.
 * `last` is where the mark was when "does not apply" was ticked, so that unticking, also after a
 * reload, brings it back; the server does not store it.
 */
const stories = new WeakMap();

function writeTrace(vas) {
  const { range, field } = parts(vas);
  const { trace } = stories.get(vas);
  if (!trace) {
    field.value = "";
    field.removeAttribute("name");
    return;
  }
  const last = isTouched(vas) ? Number(range.value) : null;
  field.value = JSON.stringify({ ...trace, last });
  field.name = field.dataset.name;
}

function readTrace(text) {
  try {
    const { last, ...trace } = JSON.parse(text);
    return { trace: "n_changes" in trace ? trace : null, last };
  } catch {
    return { trace: null, last: null };
  }
}

function touchedFirst(vas, value, kind) {
  const story = stories.get(vas);
  const waited = Math.round(performance.now() - story.shown);
  story.trace ??= { start: value, first_touch_ms: waited, n_changes: 0, input_kind: kind };
}

function countChange(vas) {
  const { trace } = stories.get(vas);
  if (trace) trace.n_changes += 1;
}

function countKey(vas) {
  const story = stories.get(vas);
  const now = performance.now();
  if (now - (story.keyAt ?? -RUN_MS) >= RUN_MS) countChange(vas);
  story.keyAt = now;
}

function tell(vas) {
  const { range } = parts(vas);
  range.dispatchEvent(new Event("input", { bubbles: true }));
  range.dispatchEvent(new Event("change", { bubbles: true }));
}

function put(vas, value, kind) {
  touchedFirst(vas, value, kind);
  parts(vas).range.value = String(value);
  vas.setAttribute("data-touched", "");
  show(vas);
  writeTrace(vas);
  tell(vas);
}

function clear(vas) {
  const { range } = parts(vas);
  vas.removeAttribute("data-touched");
  range.value = String(middle(range));
  show(vas);
  writeTrace(vas);
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
      hadTrace: Boolean(stories.get(vas).trace),
      kind: ["touch", "pen"].includes(event.pointerType) ? event.pointerType : "mouse",
      dragging: event.pointerType !== "touch",
    };
    if (!start.dragging) return;
    event.preventDefault(); // No text selection while dragging.
    track.setPointerCapture(event.pointerId);
    range.focus({ preventScroll: true });
    if (!onMark) put(vas, valueAt(range, event.clientX), start.kind);
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
      if (!isTouched(vas) || value !== Number(range.value)) put(vas, value, start.kind);
    }
  });

  track.addEventListener("pointerup", (event) => {
    if (!start || !event.isPrimary) return;
    const far = Math.hypot(event.clientX - start.x, event.clientY - start.y);
    if (!start.dragging && far < TAP_PX) {
      put(vas, valueAt(range, event.clientX - start.offset), start.kind);
    }
    const value = isTouched(vas) ? Number(range.value) : null;
    if (start.hadTrace && value !== start.before) {
      countChange(vas);
      writeTrace(vas);
      tell(vas);
    }
    start = null;
  });

  // The browser has taken the finger for scrolling: nothing was rated.
  track.addEventListener("pointercancel", () => {
    if (start?.dragging) {
      if (!start.hadTrace) stories.get(vas).trace = null;
      if (start.before !== null) put(vas, start.before, start.kind);
      else clear(vas);
    }
    start = null;
  });
}

function followKeys(vas) {
  const { range } = parts(vas);
  range.addEventListener("keydown", (event) => {
    if (isTouched(vas) || event.altKey || event.ctrlKey || event.metaKey) return;
    const [low, high] = limits(range);
    const value = KEYS_MIDDLE.includes(event.key)
      ? middle(range)
      : { Home: low, End: high }[event.key];
    if (value === undefined) return;
    event.preventDefault();
    const { trace } = stories.get(vas);
    if (trace) countKey(vas);
    else stories.get(vas).keyAt = performance.now();
    put(vas, value, "keyboard");
  });
  // Keys on a slider that has a value, and screen readers' own gestures.
  range.addEventListener("input", (event) => {
    if (!event.isTrusted) return;
    if (stories.get(vas).trace) countKey(vas);
    touchedFirst(vas, Number(range.value), "keyboard");
    vas.setAttribute("data-touched", "");
    show(vas);
    writeTrace(vas);
  });
}

function start(vas) {
  if (vas.hasAttribute("data-ready")) return;
  vas.setAttribute("data-ready", "");
  // Parsed by a script, the content of <noscript> would be a second control of the same name.
  vas.querySelectorAll("noscript").forEach((element) => element.remove());
  const { range, na, clear: button, field } = parts(vas);
  stories.set(vas, { shown: performance.now(), trace: readTrace(field.value).trace });
  if (!isTouched(vas)) range.value = String(middle(range));
  followPointer(vas, vas.querySelector("[data-vas-track]"));
  followKeys(vas);
  na?.addEventListener("change", () => show(vas));
  button.addEventListener("click", () => {
    countChange(vas);
    clear(vas);
    range.focus();
  });
  show(vas);
  writeTrace(vas);
}

/* Fill sliders from saved fields: name -> values. */
function restore(root, fields) {
  root.querySelectorAll("[data-vas]").forEach((vas) => {
    const { range, na, field } = parts(vas);
    const { trace, last } = readTrace(fields[field.dataset.name]?.at(-1));
    const value = fields[range.dataset.name]?.at(-1) ?? last ?? undefined;
    stories.get(vas).trace = trace;
    if (na) na.checked = Boolean(fields[na.name]?.length);
    vas.toggleAttribute("data-touched", value !== undefined);
    range.value = value ?? String(middle(range));
    show(vas);
    writeTrace(vas);
  });
}

function startAll(root) {
  if (root.matches?.("[data-vas]")) start(root);
  root.querySelectorAll("[data-vas]").forEach(start);
}

startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.target));
document.addEventListener("mv:restore", (event) => restore(event.target, event.detail));
