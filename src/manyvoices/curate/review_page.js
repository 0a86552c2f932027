"use strict";
// One text at a time; answers are kept in this browser and leave it only as a download.
// Texts are put in with textContent alone, so that nothing in them becomes markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const key = `manyvoices-review-${data.id}`;
  let answers = {};
  let current = 0;

  const load = () => {
    try {
      answers = JSON.parse(localStorage.getItem(key)) || {};
    } catch {
      at("unsaved").hidden = false;
    }
  };

  const keep = () => {
    try {
      localStorage.setItem(key, JSON.stringify(answers));
    } catch {
      at("unsaved").hidden = false;
    }
  };

  const isAnswered = (index) => Boolean(answers[data.items[index].id]?.answer);
  const numberAnswered = () => data.items.filter((_, index) => isAnswered(index)).length;

  const store = () => {
    const chosen = document.querySelector("input[name=answer]:checked");
    const note = at("note").value.trim();
    const id = data.items[current].id;
    if (chosen || note) answers[id] = { answer: chosen ? chosen.value : null, note };
    else delete answers[id];
    keep();
    tell();
  };

  const tell = () => {
    const n = numberAnswered();
    const total = data.items.length;
    const rest = n === total ? ": download your answers below" : "";
    at("progress").textContent = `${n} of ${total} answered${rest}`;
    at("bar").max = Math.max(total, 1);
    at("bar").value = n;
    at("open").disabled = n === total || (n === total - 1 && !isAnswered(current));
  };

  const write = (pieces) => {
    at("text").replaceChildren(...pieces.map(([words, kind]) => {
      if (!kind) return document.createTextNode(words);
      const mark = document.createElement("mark");
      const label = document.createElement("small");
      label.textContent = kind;
      mark.append(words, label);
      return mark;
    }));
  };

  const show = (index, move) => {
    current = index;
    const item = data.items[index];
    const given = answers[item.id] || {};
    at("place").textContent = `Text ${index + 1} of ${data.items.length}`;
    at("about").textContent = item.about;
    at("question").textContent = item.question;
    write(item.pieces);
    const box = at("text");
    const mark = box.querySelector("mark");
    // The first mark stands in view, a third from the top, with what was written before it.
    box.scrollTop = mark ? mark.offsetTop - box.offsetTop - box.clientHeight / 3 : 0;
    for (const radio of document.querySelectorAll("input[name=answer]"))
      radio.checked = radio.value === given.answer;
    at("note").value = given.note || "";
    at("back").disabled = index === 0;
    at("next").disabled = index === data.items.length - 1;
    tell();
    if (move) at("place").focus();
  };

  const nextOpen = () => {
    const total = data.items.length;
    for (let step = 1; step <= total; step += 1) {
      const index = (current + step) % total;
      if (!isAnswered(index)) return index;
    }
    return current;
  };

  const download = () => {
    const lines = data.items.map((item) => JSON.stringify({
      review: data.review,
      reviewer: data.reviewer,
      instance_id: item.id,
      column_id: item.column,
      answer: answers[item.id]?.answer ?? null,
      note: answers[item.id]?.note ?? "",
    }));
    const blob = new Blob([lines.map((line) => `${line}\n`).join("")], { type: "application/jsonl" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = data.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    at("downloaded").textContent =
      `${data.file}: ${numberAnswered()} of ${data.items.length} answered`;
  };

  load();
  at("download").addEventListener("click", download);
  if (!data.items.length) {
    at("progress").textContent = "There is nothing to look at.";
    return;
  }
  at("form").hidden = false;
  at("form").addEventListener("input", store);
  at("form").addEventListener("submit", (event) => {
    event.preventDefault();
    store();
    if (current + 1 < data.items.length) show(current + 1, true);
  });
  at("back").addEventListener("click", () => show(current - 1, true));
  at("open").addEventListener("click", () => show(nextOpen(), true));
  show(isAnswered(0) && numberAnswered() < data.items.length ? nextOpen() : 0, false);
})();
