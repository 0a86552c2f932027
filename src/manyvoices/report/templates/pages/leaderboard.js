(() => {
  "use strict";
  const pick = document.getElementById("pick"), which = document.getElementById("which");
  const boards = [...document.querySelectorAll(".board")];
  const contents = document.getElementById("contents");

  function show(id, told) {
    const wanted = boards.find((board) => board.id === id) ?? boards[0];
    for (const board of boards) board.hidden = board !== wanted;
    which.value = wanted.id;
    if (told) document.getElementById("said").textContent =
      wanted.querySelector(".about").textContent.split(". ")[0];
  }

  // The order that the page came with: the third click on a heading brings it back.
  function sortable(table) {
    const body = table.tBodies[0], before = [...body.rows];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      const label = (head.querySelector(".r") ?? head).firstChild;
      button.textContent = label.textContent.trim();
      label.replaceWith(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const text = column === 1;
        const first = text || column === 0 ? "ascending" : "descending";
        const other = first === "ascending" ? "descending" : "ascending";
        const next = now === null ? first : now === first ? other : null;
        for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
        if (next) head.setAttribute("aria-sort", next);
        const value = (row) => text ? row.cells[1].textContent : Number(row.cells[column].dataset.v);
        const rows = [...before];
        if (next) rows.sort((a, b) => {
          const [x, y] = [value(a), value(b)];
          const order = text ? x.localeCompare(y) : x - y;
          return next === "ascending" ? order : -order;
        });
        body.append(...rows);
      });
    });
  }

  for (const table of document.querySelectorAll(".board-table")) sortable(table);
  if (boards.length > 1) {
    pick.hidden = false;
    contents.hidden = true;
    which.addEventListener("change", () => {
      show(which.value, true);
      history.replaceState(null, "", `#${which.value}`);
    });
    addEventListener("hashchange", () => show(location.hash.slice(1), true));
    show(location.hash.slice(1), false);
  }
})();
