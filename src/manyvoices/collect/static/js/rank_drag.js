/* Dragging a card by its handle. A mouse drags at once. A finger holds the handle first: whoever
 * only scrolls moves nothing, even with a thumb that starts on a handle. Nothing changes its place
 * before it is let go; Escape and a call that comes in leave all as it was.
 */

const HOLD_MS = 250;
const SLACK_PX = 8; // A finger that moved further than this before it held is scrolling.
const START_PX = 4; // A mouse that moved less than this has clicked.
const EDGE_PX = 72; // So near the edge of the window the page follows.
const SPEED_PX = 14; // At most so far per frame.

export function dragging(list, { onDrop, chipText }) {
  let now = null; // The drag that goes on, or the handle that is held.

  const cards = () => [...list.children];
  const isRtl = () => getComputedStyle(list).direction === "rtl";

  /* The card nearest to the pointer, and whether the pointer is in its later half. */
  function target(x, y) {
    const boxes = cards().map((card) => [card, card.getBoundingClientRect()]);
    const across = boxes.some(([, box]) => Math.abs(box.left - boxes[0][1].left) > 1);
    const away = ([, box]) =>
      Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
    const [card, box] = boxes.reduce((best, next) => (away(next) < away(best) ? next : best));
    if (!across) return { card, isAfter: y > box.top + box.height / 2 };
    const isRight = x > box.left + box.width / 2;
    return { card, isAfter: isRtl() ? !isRight : isRight };
  }

  function unmark() {
    cards().forEach((card) => card.classList.remove("drop-before", "drop-after"));
  }

  function mark() {
    unmark();
    const found = target(now.x, now.y);
    now.target = found;
    if (found.card === now.card) return;
    found.card.classList.add(found.isAfter ? "drop-after" : "drop-before");
    const rtl = isRtl();
    now.chip.style.transform = `translate(${now.x + (rtl ? -12 : 12)}px, ${now.y + 12}px)`;
  }

  function begin() {
    now.active = true;
    now.handle.setPointerCapture(now.pointer);
    now.card.classList.add("is-dragged");
    now.chip = document.createElement("div");
    now.chip.className = "drag-chip";
    now.chip.setAttribute("aria-hidden", "true");
    now.chip.textContent = chipText(now.card);
    now.chip.style.transform = `translate(${now.x + 12}px, ${now.y + 12}px)`;
    document.body.append(now.chip);
    now.frame = requestAnimationFrame(follow);
  }

  /* Near the edge of the window the page follows the pointer. */
  function follow() {
    if (!now?.active) return;
    const into = Math.max(EDGE_PX - now.y, 0) - Math.max(now.y - (innerHeight - EDGE_PX), 0);
    if (into) {
      scrollBy(0, (-SPEED_PX * into) / EDGE_PX);
      mark();
    }
    now.frame = requestAnimationFrame(follow);
  }

  function end(isDropped) {
    if (!now) return;
    const { card, target: found, active, chip, timer, frame } = now;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    now = null;
    unmark();
    card.classList.remove("is-dragged");
    chip?.remove();
    if (isDropped && active && found && found.card !== card) onDrop(card, found.card, found.isAfter);
  }

  list.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest("[data-rank-handle]");
    if (!handle || !event.isPrimary || event.button !== 0) return;
    end(false);
    const { clientX: x, clientY: y, pointerId: pointer } = event;
    const isMouse = event.pointerType === "mouse";
    const card = handle.closest("[data-reply]");
    now = { handle, card, pointer, isMouse, x, y, startX: x, startY: y, active: false };
    if (isMouse) event.preventDefault(); // No text is selected.
    else now.timer = setTimeout(begin, HOLD_MS);
  });

  document.addEventListener("pointermove", (event) => {
    if (event.pointerId !== now?.pointer) return;
    now.x = event.clientX;
    now.y = event.clientY;
    const moved = Math.hypot(now.x - now.startX, now.y - now.startY);
    if (!now.active && now.isMouse && moved > START_PX) begin();
    else if (!now.active && !now.isMouse && moved > SLACK_PX) end(false);
    if (now?.active) mark();
  });

  document.addEventListener("pointerup", (event) => event.pointerId === now?.pointer && end(true));
  document.addEventListener("pointercancel", (event) => event.pointerId === now?.pointer && end(false));
  window.addEventListener("blur", () => end(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && now) end(false);
  });

  // Once a finger has held a handle, its way is the card's and not the page's.
  const hold = (event) => now?.active && event.cancelable && event.preventDefault();
  list.querySelectorAll("[data-rank-handle]").forEach((handle) => {
    handle.addEventListener("touchmove", hold, { passive: false });
    handle.addEventListener("contextmenu", (event) => event.preventDefault());
  });
}
