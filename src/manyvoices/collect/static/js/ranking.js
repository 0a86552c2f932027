/* A ranking by buttons: "up" and "down" move a line and give it and the lines above it their places.
 * The lists of places stay: they are what is sent, what a screen reader and a phone can use, and
 * all there is without JavaScript. A line without a place has not been ranked.
 */

const selectOf = (line) => line.querySelector("select");
const placeOf = (line) => Number(selectOf(line).value) || Infinity;

function start(list) {
  const status = list.parentElement.querySelector("[data-rank-status]");
  const lines = () => [...list.querySelectorAll("[data-rank-line]")];
  list.querySelectorAll(".rank-buttons").forEach((buttons) => (buttons.hidden = false));

  const say = (line) => {
    const place = selectOf(line).value;
    status.textContent = (place ? list.dataset.place : list.dataset.none)
      .replace("{label}", line.querySelector("label").textContent)
      .replace("{place}", place)
      .replace("{total}", String(lines().length));
  };

  /* Ranked lines first, in order; the others keep the order in which they were drawn. */
  const arrange = (focus) => {
    const ranked = lines();
    ranked.sort((a, b) => (placeOf(a) === placeOf(b) ? 0 : placeOf(a) - placeOf(b)));
    list.append(...ranked);
    focus?.focus({ preventScroll: true });
  };

  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-rank]");
    if (!button) return;
    const line = button.closest("[data-rank-line]");
    const ranked = lines().filter((other) => placeOf(other) !== Infinity);
    let at = ranked.indexOf(line);
    if (at < 0) ranked.push(line);
    else {
      const to = Math.min(ranked.length - 1, Math.max(0, at + Number(button.dataset.rank)));
      ranked.splice(at, 1);
      ranked.splice(to, 0, line);
    }
    ranked.forEach((other, index) => (selectOf(other).value = String(index + 1)));
    arrange(button);
    say(line);
    selectOf(line).dispatchEvent(new Event("change", { bubbles: true }));
  });

  list.addEventListener("change", (event) => {
    if (event.isTrusted) arrange(event.target);
  });
  document.addEventListener("mv:restore", () => queueMicrotask(() => arrange()));
  arrange();
}

document.querySelectorAll("[data-ranking]").forEach(start);
