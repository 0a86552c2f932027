/* Take a copy with you: the completion code to the clipboard, the page to the printer. Both
 * buttons are hidden where there is no JavaScript, since they would do nothing.
 */

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const status = document.querySelector("[data-copy-status]");
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    status.textContent = button.dataset.copied;
  } catch {
    // No clipboard without TLS or permission: select it instead.
    window.getSelection().selectAllChildren(source);
    status.textContent = button.dataset.selected;
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
