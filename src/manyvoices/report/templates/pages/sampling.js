(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const form = $("controls"), field = form.elements;
  const prompts = [...document.querySelectorAll(".p")];
  const texts = new Map();
  const mark = globalThis.Highlight && CSS.highlights ? new Highlight() : null;
  if (mark) CSS.highlights.set("found", mark);
  let at = 0, found = [];

  const boxes = (name) => [...form.querySelectorAll(`input[name=${name}]`)];
  const chosen = (name) => boxes(name).filter((box) => box.checked).map((box) => box.value);
  const number = (name) => (field[name].value === "" ? null : Number(field[name].value));
  const textOf = (prompt) => {
    if (!texts.has(prompt)) texts.set(prompt, prompt.textContent.toLowerCase());
    return texts.get(prompt);
  };

  // What is shown of a prompt is what its filters speak of.
  const shownOf = (prompt, models, samplings) =>
    [...prompt.querySelectorAll(".a")].filter(
      (a) => models.has(a.dataset.m) && samplings.has(a.dataset.s));

  function fits(prompt, models, samplings, least, most) {
    const cells = shownOf(prompt, models, samplings);
    const q = field.q.value.trim().toLowerCase();
    if (q && textOf(prompt).includes(q)) {
      const own = prompt.querySelector("h2").textContent.toLowerCase().includes(q);
      if (!own && !cells.some((a) => a.textContent.toLowerCase().includes(q))) return false;
    } else if (q) return false;
    const words = cells.flatMap((a) => [...a.querySelectorAll("[data-w]")].map((o) => Number(o.dataset.w)));
    if (field.empty.checked && !words.includes(0)) return false;
    if (least === null && most === null) return true;
    return words.some((w) => (least === null || w >= least) && (most === null || w <= most));
  }

  function filter() {
    const models = new Set(chosen("m")), samplings = new Set(chosen("s"));
    const least = number("least"), most = number("most");
    found = [];
    prompts.forEach((prompt, i) => { if (fits(prompt, models, samplings, least, most)) found.push(i); });
    if (!found.includes(at)) at = found.find((i) => i > at) ?? found[found.length - 1] ?? at;
  }

  function draw() {
    const models = new Set(chosen("m")), samplings = new Set(chosen("s"));
    prompts.forEach((prompt, i) => prompt.classList.toggle("here", i === at && found.length > 0));
    const prompt = prompts[at], place = found.indexOf(at);
    const none = "No prompt fits";
    $("place").textContent = found.length
      ? `Prompt ${place + 1} of ${found.length}${found.length < prompts.length ? ` (of ${prompts.length})` : ""}` : none;
    $("back").disabled = place <= 0;
    $("next").disabled = place < 0 || place >= found.length - 1;
    prompt.querySelector("details").open = true;
    prompt.querySelector(".grid").style.setProperty("--columns", Math.max(1, models.size));
    for (const a of prompt.querySelectorAll(".a"))
      a.hidden = !(models.has(a.dataset.m) && samplings.has(a.dataset.s));
    highlight(prompt);
    $("link").href = address();
  }

  function highlight(prompt) {
    if (!mark) return;
    mark.clear();
    const q = field.q.value.trim().toLowerCase();
    if (!q) return;
    const walk = document.createTreeWalker(prompt, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const text = node.data.toLowerCase();
      if (text.length !== node.data.length) continue;
      for (let i = text.indexOf(q); i >= 0; i = text.indexOf(q, i + q.length)) {
        const range = new Range();
        range.setStart(node, i);
        range.setEnd(node, i + q.length);
        mark.add(range);
      }
    }
  }

  function address() {
    const parts = new URLSearchParams();
    for (const name of ["m", "s"])
      if (chosen(name).length < boxes(name).length) parts.set(name, chosen(name).join("."));
    for (const name of ["q", "least", "most"]) if (field[name].value) parts.set(name, field[name].value);
    if (field.empty.checked) parts.set("empty", "1");
    const more = parts.toString();
    return `#p${at + 1}${more ? `&${more}` : ""}`;
  }

  function follow() {
    const [, wanted, more] = /^#p(\d+)(?:&(.*))?$/.exec(location.hash) ?? [];
    const parts = new URLSearchParams(more ?? "");
    for (const name of ["m", "s"]) {
      const kept = parts.has(name) ? parts.get(name).split(".") : null;
      for (const box of boxes(name)) box.checked = kept === null || kept.includes(box.value);
    }
    for (const name of ["q", "least", "most"]) field[name].value = parts.get(name) ?? "";
    field.empty.checked = parts.get("empty") === "1";
    if (wanted && prompts[wanted - 1]) at = wanted - 1;
    filter();
    draw();
  }

  function turn(step) {
    const place = found.indexOf(at) + step;
    if (place < 0 || place >= found.length) return;
    at = found[place];
    draw();
    if ($("prompts").getBoundingClientRect().top < 0) $("prompts").scrollIntoView();
    history.replaceState(null, "", address());
  }

  function changed() {
    filter();
    draw();
    history.replaceState(null, "", address());
  }

  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  $("back").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  addEventListener("hashchange", follow);
  addEventListener("keydown", (event) => {
    if (!field.keys.checked || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "j") turn(1);
    else if (event.key === "k") turn(-1);
    else if (event.key === "/") {
      $("choose").open = true;
      field.q.focus();
    }
    else return;
    event.preventDefault();
  });

  document.body.classList.add("js");
  $("choose").hidden = $("pager").hidden = false;
  $("choose").open = innerWidth > 560;
  follow();
})();
