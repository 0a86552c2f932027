/* Options that say more than a box: one that excludes the others unticks them, and is unticked by
 * them; a field beside an option stands open while the option is chosen. Without JavaScript the
 * server asks to put the one right, and the other is always there.
 */

function exclude(group) {
  group.addEventListener("change", (event) => {
    const box = event.target;
    if (box.type !== "checkbox" || !box.checked) return;
    for (const other of group.querySelectorAll("input[type=checkbox]")) {
      if (other === box || !other.checked) continue;
      if (!box.hasAttribute("data-exclusive") && !other.hasAttribute("data-exclusive")) continue;
      other.checked = false;
      other.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}

function besides() {
  for (const element of document.querySelectorAll("[data-beside]")) {
    const control = document.getElementById(element.dataset.beside);
    const wanted = element.dataset.besideValue;
    element.hidden = !(wanted === undefined ? control?.checked : control?.value === wanted);
  }
}

document.querySelectorAll("[data-boxes]").forEach(exclude);
if (document.querySelector("[data-beside]")) {
  document.addEventListener("change", besides);
  document.addEventListener("mv:restore", () => queueMicrotask(besides));
  besides();
}
