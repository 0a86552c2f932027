/* Says on a page that asks the server again and again when it cannot be reached, and takes it back. */

const room = document.querySelector("[data-waiting-room]");

function lost() {
  if (room.querySelector("[data-offline-note]")) return;
  const note = document.createElement("p");
  note.className = "trouble";
  note.dataset.offlineNote = "";
  note.textContent = room.dataset.offline;
  room.append(note);
}

const found = () => room.querySelector("[data-offline-note]")?.remove();

document.addEventListener("htmx:sendError", lost);
document.addEventListener("htmx:responseError", lost);
document.addEventListener("htmx:afterOnLoad", found);
